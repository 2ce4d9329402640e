/** What a document is described by. */
export interface MetadataField {
  readonly name: string;
  readonly type: MetadataType;
  /** For the model that reads filters out of questions. */
  readonly description?: string;
}

export const METADATA_TYPES = ['string', 'number', 'boolean', 'stringList'] as const;
export type MetadataType = (typeof METADATA_TYPES)[number];
