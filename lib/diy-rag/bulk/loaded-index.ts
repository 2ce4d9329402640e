import { type EmbeddingPolicy } from '../../contract/diy-rag';
import { type DocumentIndexEnv } from '../../contract/document-index';
import { type MetadataField } from '../../contract/metadata';
import { type BundledFunction } from '../../internal/bundled-function';
import { type EmbeddingBinding } from '../../model';
import { type SourceDocuments } from '../../rag/source-documents';

/** What a bulk load has to know of the index that it fills. */
export interface LoadedIndex {
  readonly documents: SourceDocuments;
  /** What the documents are called in the table of documents. */
  readonly source: string;
  /** Brings documents in step. */
  readonly handler: BundledFunction<DocumentIndexEnv>;
  readonly embedding: EmbeddingPolicy;
  readonly model: EmbeddingBinding;
  readonly fields: readonly MetadataField[];
}
