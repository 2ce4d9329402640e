import type { Buckets } from '../s3/store';

/** Documents of a bucket, as the page shows them. */
export interface Folder {
  readonly bucket: string;
  readonly prefix: string;
  /** What a document goes through, one after another, by the names of its statuses; where that is known. */
  readonly stages?: readonly string[];
  readonly documents: readonly FolderDocument[];
}

export interface FolderDocument {
  readonly key: string;
  readonly bytes: number;
  readonly status: string;
  /** Chunks that it was cut into, and those of them that are embedded and in the store. */
  readonly chunks?: number;
  readonly written?: number;
  /** How much of it is done, from 0 to 1, while it is brought in. */
  readonly progress?: number;
  readonly reason?: string;
  /** The stage at which it failed. */
  readonly failedBefore?: string;
}

/** Who reads documents, and knows how far each has come. */
export interface Shelf {
  folders(): Folder[] | Promise<Folder[]>;
}

/** What somebody at the page does with the documents of a stack: as in S3's own console, past the policies of the stack. */
export class Desk {
  constructor(private readonly shelves: readonly Shelf[], private readonly buckets: Buckets) {}

  async folders(): Promise<Folder[]> {
    return (await Promise.all(this.shelves.map((shelf) => shelf.folders()))).flat();
  }

  /** What lies in a bucket of the stack under this key. */
  read(bucket: string, key: string): Buffer | undefined {
    return this.buckets.find(bucket, key)?.content;
  }

  async upload(body: unknown): Promise<Folder[]> {
    const { bucket, key, content, contentType } = body as Readonly<Record<string, unknown>>;
    if (typeof content !== 'string' || !isBase64(content)) throw new Error("'content' must be the document's bytes in Base64");
    const type = typeof contentType === 'string' && contentType !== '' ? contentType : 'application/octet-stream';
    this.buckets.put(...await this.place(bucket, key), Buffer.from(content, 'base64'), { 'content-type': type });
    return this.folders();
  }

  async remove(body: unknown): Promise<Folder[]> {
    const { bucket, key } = body as Readonly<Record<string, unknown>>;
    this.buckets.delete(...await this.place(bucket, key));
    return this.folders();
  }

  /** A document that somebody here reads, and nothing else that lies in S3. */
  private async place(bucket: unknown, key: unknown): Promise<[string, string]> {
    const folders = await this.folders();
    const folder = folders.find((one) => one.bucket === bucket);
    if (!folder) {
      const known = folders.map((one) => `'${one.bucket}'`).join(' or ') || 'and this stack has none';
      throw new Error(`'bucket' must be a bucket whose documents are read, ${known}, got ${JSON.stringify(bucket)}`);
    }
    if (typeof key !== 'string' || key === '' || !key.startsWith(folder.prefix)) throw new Error(`'key' must be a name that begins with '${folder.prefix}', got ${JSON.stringify(key)}`);
    return [folder.bucket, key];
  }
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text.replace(/\s/g, ''));
}
