/** Documents as they lie in buckets. */
export interface Originals {
  /** Undefined where there is none. */
  find(bucket: string, key: string): Promise<FoundOriginal | undefined>;
  /** Undefined where it is not there any more, or is another than the one with this tag. Throws `OriginalAway`. */
  read(bucket: string, key: string, tag: string): Promise<Uint8Array | undefined>;
  /** All that lies under a prefix behind a key, in the order of the keys' bytes. */
  list(bucket: string, prefix: string, after?: string): AsyncIterable<ListedOriginal>;
}

/** It lies where it cannot be read from just now. */
export class OriginalAway extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OriginalAway';
  }
}

export function isOriginalAway(error: unknown): error is OriginalAway {
  return error instanceof Error && error.name === 'OriginalAway';
}

export interface ListedOriginal {
  readonly key: string;
  /** The same for the same content. */
  readonly tag: string;
}

export interface FoundOriginal {
  readonly tag: string;
  readonly bytes: number;
  readonly contentType?: string;
}
