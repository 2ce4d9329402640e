import type { Annotation } from '../ports/conversations';

/** What a document is, by the ending of its name; the AI SDK wants to be told of every one. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  htm: 'text/html',
  html: 'text/html',
  md: 'text/markdown',
  pdf: 'application/pdf',
  txt: 'text/plain',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** A part of a UI message about a source; the stream's chunks have the same shape. */
export type UiSourcePart =
  | { readonly type: 'source-url'; readonly sourceId: string; readonly url: string; readonly title: string }
  | { readonly type: 'source-document'; readonly sourceId: string; readonly mediaType: string; readonly title: string; readonly filename: string }
  | { readonly type: 'data-citation'; readonly data: object };

/** Sources as the AI SDK's messages have them: each passage once, and every statement that is from it as `data-citation`. */
export class UiSources {
  private readonly told = new Set<string>();

  parts({ url_citation: { url, title, start_index: start, end_index: end }, citation }: Annotation): UiSourcePart[] {
    const { number, passage_id: passageId, uri, page, query, snippet } = citation;
    const sourceId = `source-${number}`;
    const known = this.told.has(sourceId);
    this.told.add(sourceId);
    const source: UiSourcePart = /^https?:/i.test(url)
      ? { type: 'source-url', sourceId, url, title }
      : { type: 'source-document', sourceId, mediaType: query === undefined ? mediaTypeOf(uri) : 'application/sql', title, filename: uri.split('/').pop() ?? uri };
    const statement: UiSourcePart = { type: 'data-citation', data: { sourceId, number, passageId, uri, ...(page !== undefined && { page }), ...(query !== undefined && { query }), snippet, start, end } };
    return known ? [statement] : [source, statement];
  }
}

function mediaTypeOf(uri: string): string {
  return MEDIA_TYPES[uri.split('.').pop()?.toLowerCase() ?? ''] ?? 'application/octet-stream';
}
