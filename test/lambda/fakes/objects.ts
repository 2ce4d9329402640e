import type { FoundObject, ObjectFacts, Objects, StoredObject, Upload, UploadTerms } from '../../../lambda/ports/objects';

/** Objects in memory, and what was asked of them. */
export class MemoryObjects implements Objects {
  readonly kept = new Map<string, StoredObject>();
  readonly uploads: (UploadTerms & { readonly key: string })[] = [];
  readonly reads: string[] = [];

  async put(key: string, content: Uint8Array | string, about: ObjectFacts = {}) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.kept.set(key, { ...about, content: bytes, bytes: bytes.length, modifiedAt: 0 });
  }

  async get(key: string, maxBytes = Infinity): Promise<StoredObject | undefined> {
    this.reads.push(key);
    const found = this.kept.get(key);
    return found && found.bytes <= maxBytes ? found : undefined;
  }

  async find(key: string): Promise<FoundObject | undefined> {
    const { content: _, ...found } = this.kept.get(key) ?? { content: undefined };
    return 'bytes' in found ? found as FoundObject : undefined;
  }

  async delete(keys: readonly string[]) {
    keys.forEach((key) => this.kept.delete(key));
  }

  async deleteSome(prefix: string) {
    const keys = [...this.kept.keys()].filter((key) => key.startsWith(prefix)).slice(0, 1000);
    await this.delete(keys);
    return keys.length;
  }

  async upload(key: string, terms: UploadTerms): Promise<Upload> {
    this.uploads.push({ key, ...terms });
    return { url: 'https://bucket.example/', fields: { key } };
  }
}
