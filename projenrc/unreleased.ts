/**
 * What is built and tested here and not exported yet, and therefore not shipped: nobody could use it, and everybody would install it.
 * A room that lib/index.ts exports must not stand here; a test holds the list to that.
 */
export const UNRELEASED = {
  rooms: ['diy-rag'],
  /** Under lambda/dist, without the ending. */
  bundles: [
    'document-index/index', 'parts/chunk-function', 'parts/documents', 'parts/own-passages', 'parts/parse-charset', 'parts/parse-html', 'parts/parse-mail', 'parts/parse-office',
    'parts/parse-pdf', 'parts/parse-thread', 'parts/store-open-search', 'parts/store-pgvector', 'parts/store-pinecone', 'parts/store-s3-vectors',
  ],
};
