interface Settable<T> {
  readonly current: readonly T[];
  set(...wanted: readonly T[]): void;
}

/** A way for a caller to set something in the place of all that was set before, and to be shown it. */
export function told<T>(path: string, known: Settable<T>): Readonly<Record<string, (wanted: unknown) => readonly T[]>> {
  return {
    [path]: (wanted) => {
      if (!Array.isArray(wanted)) throw new Error(`the body must be a list, [ … ], got ${wanted === null ? 'null' : typeof wanted === 'object' ? 'an object' : `a ${typeof wanted}`}: put what is told into brackets`);
      known.set(...wanted as T[]);
      return known.current;
    },
  };
}
