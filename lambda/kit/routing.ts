export interface Routed {
  /** Method and resource, as `GET /v1/conversations/{id}`. */
  readonly route: string;
  readonly path: Readonly<Record<string, string>>;
}

/** Finds a route by a path where nobody has routed before; the longest resource without a `{name}` wins. A path that leads nowhere is told as it came. */
export function routing(routes: readonly string[]): (method: string, path: string) => Routed {
  const patterns = routes.map((route) => {
    const [method, resource] = route.split(' ');
    return { route, method, parts: resource.split('/') };
  }).sort((a, b) => variables(a.parts) - variables(b.parts));
  return (method, path) => {
    const parts = path.split('/');
    for (const { route, method: accepted, parts: pattern } of patterns) {
      const found = accepted === method ? matched(pattern, parts) : undefined;
      if (found) return { route, path: found };
    }
    return { route: `${method} ?`, path: {} };
  };
}

function matched(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const part = decoded(parts[at]);
    if (part === undefined) return undefined;
    if (!expected.startsWith('{')) {
      if (part !== expected) return undefined;
    } else {
      if (part === '') return undefined;
      found[expected.slice(1, -1)] = part;
    }
  }
  return found;
}

function variables(parts: readonly string[]): number {
  return parts.filter((part) => part.startsWith('{')).length;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
