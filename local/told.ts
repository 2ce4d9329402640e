interface Settable<T> {
  readonly current: readonly T[];
  set(...wanted: readonly T[]): void;
}

/** A way for a caller to set something in the place of all that was set before, and to be shown it. */
export function told<T>(path: string, known: Settable<T>): Readonly<Record<string, (wanted: unknown) => readonly T[]>> {
  return {
    [path]: (wanted) => {
      known.set(...wanted as T[]);
      return known.current;
    },
  };
}
