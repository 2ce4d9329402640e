/** What lies in buckets, as far as knowledge bases are kept in step with it. */
export interface Documents {
  /** What tells the object under the key from any other that lay there; undefined where there is none now. */
  version(bucket: string, key: string): Promise<string | undefined>;
}
