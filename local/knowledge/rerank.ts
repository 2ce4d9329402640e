import { relevance } from './search';
import { refuse } from '../bedrock/refusal';

export interface RerankRequest {
  readonly queries?: readonly { readonly type?: string; readonly textQuery?: { readonly text?: string } }[];
  readonly sources?: readonly { readonly type?: string; readonly inlineDocumentSource?: InlineDocument }[];
  readonly rerankingConfiguration?: {
    readonly type?: string;
    readonly bedrockRerankingConfiguration?: { readonly numberOfResults?: number; readonly modelConfiguration?: { readonly modelArn?: string } };
  };
}

interface InlineDocument {
  readonly type?: string;
  readonly textDocument?: { readonly text: string };
  readonly jsonDocument?: unknown;
}

const MOST_SOURCES = 1000;

/** The sources that answer a question best, the best first. */
export function rerank({ queries = [], sources = [], rerankingConfiguration }: RerankRequest): object {
  const question = queries[0]?.textQuery?.text;
  if (queries.length !== 1 || !question) refuse(`'queries' must have exactly 1 member with a text, got ${queries.length}`);
  if (sources.length < 1 || sources.length > MOST_SOURCES) refuse(`'sources' must have 1 to ${MOST_SOURCES} members, got ${sources.length}`);
  if (queries[0].type !== 'TEXT') refuse(`'queries[0].type' must be TEXT, got ${queries[0].type}`);
  if (rerankingConfiguration?.type !== 'BEDROCK_RERANKING_MODEL') refuse(`'rerankingConfiguration.type' must be BEDROCK_RERANKING_MODEL, got ${rerankingConfiguration?.type}`);
  if (!rerankingConfiguration.bedrockRerankingConfiguration?.modelConfiguration?.modelArn) refuse("'modelConfiguration' must have a modelArn");
  const most = rerankingConfiguration.bedrockRerankingConfiguration?.numberOfResults ?? sources.length;
  if (most < 1 || most > MOST_SOURCES) refuse(`'numberOfResults' must be from 1 to ${MOST_SOURCES}, got ${most}`);
  const scored = sources.map(({ type, inlineDocumentSource: source }, index) => {
    if (type !== 'INLINE' || source?.type !== (source?.textDocument ? 'TEXT' : 'JSON')) refuse(`source ${index} must be INLINE, of the type of what it has, got ${type} and ${source?.type}`);
    const text = source?.textDocument?.text ?? (source?.jsonDocument === undefined ? refuse(`source ${index} must have a text or a JSON document`) : JSON.stringify(source.jsonDocument));
    return { index, relevanceScore: relevance(question, text) };
  });
  return { results: scored.sort((one, other) => other.relevanceScore - one.relevanceScore || one.index - other.index).slice(0, most) };
}
