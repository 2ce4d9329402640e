import type { Method, RestApi } from './api';

export interface Match {
  readonly method: Method;
  readonly resourceId: string;
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

/** Finds the method for a path as API Gateway does: literal segments before `{name}`, `{name}` before `{name+}`. */
export function route(api: RestApi, httpMethod: string, path: string): Match | undefined {
  const segments = split(path);
  const matches = [...api.resources].flatMap(([resourcePath, resource]) => {
    const parameters = matchSegments(split(resourcePath), segments);
    return parameters ? [{ resourcePath, resource, parameters }] : [];
  });
  matches.sort((a, b) => rank(a.resourcePath).localeCompare(rank(b.resourcePath)));
  for (const { resource, parameters } of matches) {
    const method = resource.methods.get(httpMethod) ?? resource.methods.get('ANY');
    if (method) return { method, resourceId: resource.id, pathParameters: Object.keys(parameters).length > 0 ? parameters : null };
  }
  return undefined;
}

function split(path: string): string[] {
  return path.split('/').slice(1).filter((segment, at, all) => segment !== '' || at < all.length - 1);
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [at, part] of pattern.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(part)?.[1];
    if (greedy) {
      if (segments.length <= at) return undefined;
      parameters[greedy] = decode(segments.slice(at).join('/'));
      return parameters;
    }
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (segments[at] === undefined || segments[at] === '') return undefined;
    if (name) parameters[name] = decode(segments[at]);
    else if (decode(segments[at]) !== part) return undefined;
  }
  return segments.length === pattern.length ? parameters : undefined;
}

/** Sorts first what API Gateway prefers. */
function rank(resourcePath: string): string {
  return split(resourcePath).map((part) => (part.endsWith('+}') ? '2' : part.startsWith('{') ? '1' : '0')).join('');
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
