export type Fields = Readonly<Record<string, unknown>>;

/** A part of a template or a request that may be missing, to look further into. */
export function fields(value: unknown): Fields {
  return (value ?? {}) as Fields;
}
