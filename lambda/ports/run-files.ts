/** Files of a load: read line by line, for they may be larger than the memory. */
export interface RunFiles {
  /** All under a prefix, in the order of their keys' bytes. */
  list(prefix: string): AsyncIterable<RunFile>;
  /** Undefined where there is none. */
  lines(key: string): Promise<AsyncIterable<string> | undefined>;
  put(key: string, text: string): Promise<void>;
}

export interface RunFile {
  readonly key: string;
  readonly bytes: number;
}
