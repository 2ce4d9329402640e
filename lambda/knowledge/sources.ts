import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import type { Links } from '../ports/links';
import type { Passage, Placements, Table } from '../ports/passages';

/** A passage as clients read it. */
export interface PassageView {
  readonly id: string;
  readonly text: string;
  /** What the text is read behind: headings, the head of a table, a line of context. */
  readonly context?: string;
  /** Absent for rows of a database, which fit or do not. */
  readonly score?: number;
  /** How each ranking has it, where that is asked for and there are several. */
  readonly scores?: Placements;
  readonly source: SourceView;
  readonly table?: Table;
  /** What the builder declared, and nothing else of what the document is described by. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface SourceView {
  readonly uri: string;
  readonly title: string;
  /** Counted from 1. */
  readonly page?: number;
  /** The SQL that found it, where a database was asked. */
  readonly query?: string;
  /** Where the passage stands in the text that was read of the document, in UTF-16 code units, the end not included; where that is known. */
  readonly start?: number;
  readonly end?: number;
  /** Where a browser reads the document, for as long as the builder allows. */
  readonly link?: string;
}

/** Passages with links to their sources. A link that cannot be made is left out, for the answer does not depend on it. */
export async function views(
  passages: readonly Passage[], policy: Pick<KnowledgePolicy, 'fields' | 'linkSeconds'>, links: Links, { explain = false } = {},
): Promise<readonly PassageView[]> {
  const signed = new Map<string, Promise<string | undefined>>();
  const linkTo = ({ uri, page }: Pick<Passage['source'], 'uri' | 'page'>) => {
    const link = signed.get(uri) ?? address(uri, policy.linkSeconds, links);
    signed.set(uri, link);
    // Browsers open documents at the page that the fragment says; it is no part of what was signed.
    return link.then((url) => url !== undefined && page !== undefined ? `${url}#page=${page}` : url);
  };
  return Promise.all(passages.map(async ({ id, text, lead = '', score, placements, source: { uri, title, page, query, start, end }, table, metadata }) => {
    const link = await linkTo({ uri, page });
    return {
      id,
      text,
      ...(lead !== '' && { context: lead }),
      ...(score !== undefined && { score }),
      ...(explain && placements && { scores: placements }),
      source: {
        uri,
        title,
        ...(page !== undefined && { page }),
        ...(query !== undefined && { query }),
        ...(start !== undefined && { start, end }),
        ...(link !== undefined && { link }),
      },
      ...(table && { table }),
      metadata: Object.fromEntries(policy.fields.filter(({ name }) => Object.hasOwn(metadata, name)).map(({ name }) => [name, metadata[name]])),
    };
  }));
}

async function address(uri: string, seconds: number | undefined, links: Links): Promise<string | undefined> {
  if (seconds === undefined) return undefined;
  if (/^https?:\/\//i.test(uri)) return uri;
  return uri.startsWith('s3://') ? links.sign(uri, seconds).catch(() => undefined) : undefined;
}
