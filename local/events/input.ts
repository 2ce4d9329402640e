/** What a target gets instead of the event, as a rule or a schedule says. */
export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: { readonly InputPathsMap?: Readonly<Record<string, string>>; readonly InputTemplate: string };
}

/** The text that a target gets for an event. */
export function inputFor({ Input, InputPath, InputTransformer: transformer }: TargetInput, event: object): string {
  if (Input !== undefined) return Input;
  if (InputPath !== undefined) return JSON.stringify(at(event, InputPath));
  if (!transformer) return JSON.stringify(event);
  const values = new Map(Object.entries(transformer.InputPathsMap ?? {}).map(([name, path]) => [name, at(event, path)]));
  // In quotes a value stands as text; outside them as JSON, strings with quotes of their own.
  return transformer.InputTemplate.replace(/"(?:[^"\\]|\\.)*"|<[\w.-]+>/g, (part) => {
    if (!part.startsWith('"')) return replaced(part, event, values, JSON.stringify);
    return part.replace(/<[\w.-]+>/g, (name) => replaced(name, event, values, (value) => JSON.stringify(String(value)).slice(1, -1)));
  });
}

function replaced(name: string, event: object, values: ReadonlyMap<string, unknown>, write: (value: unknown) => string): string {
  const key = name.slice(1, -1);
  if (key === 'aws.events.event.json' || key === 'aws.events.event') return write(event);
  if (key === 'aws.events.event.ingestion-time') return write((event as { time?: string }).time ?? '');
  return values.has(key) ? write(values.get(key) ?? '') : name;
}

/** `$.detail.object.key`, with places of lists in brackets. */
function at(event: object, path: string): unknown {
  const steps = path.replace(/^\$\.?/, '').replace(/\[(\d+)\]/g, '.$1').split('.').filter((step) => step !== '');
  return steps.reduce<unknown>((value, step) => (value as Readonly<Record<string, unknown>> | undefined)?.[step], event);
}
