/** Addresses under which a browser reads a document, for a while. */
export interface Links {
  /** @param uri the document's, as `s3://bucket/key` */
  sign(uri: string, seconds: number): Promise<string>;
}
