/** Bytes under a key: what is too large for a table, or was sent by a caller. */
export interface Objects {
  /** Keeps bytes, in place of what the key held. */
  put(key: string, content: Uint8Array | string, about?: ObjectFacts): Promise<void>;
  /** Undefined where there is nothing, or more than `maxBytes`. */
  get(key: string, maxBytes?: number): Promise<StoredObject | undefined>;
  /** What is known of an object without reading it. */
  find(key: string): Promise<FoundObject | undefined>;
  /** May be repeated; an object that is not there is no failure. */
  delete(keys: readonly string[]): Promise<void>;
  /** Deletes some of what lies under a prefix, and says how many; 0 when nothing is left. */
  deleteSome(prefix: string): Promise<number>;
  /** Lets a browser put one object there by itself. */
  upload(key: string, terms: UploadTerms): Promise<Upload>;
}

/** What is kept beside the bytes. Values of `labels` may hold any character. */
export interface ObjectFacts {
  readonly contentType?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface FoundObject extends ObjectFacts {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt?: number;
}

export interface StoredObject extends FoundObject {
  readonly content: Uint8Array;
}

export interface UploadTerms extends ObjectFacts {
  readonly maxBytes: number;
  readonly seconds: number;
}

/** A form that is sent as `multipart/form-data`, the file as its last field, `file`. */
export interface Upload {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}
