import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LongPromptPrices } from '../contract/model';

/** What is known of one text model; the shape of a line in catalogue.json. */
export interface TextEntry {
  readonly id: string;
  readonly name: string;
  readonly contextTokens: number;
  readonly outputTokens: number;
  readonly tools: 'streaming' | 'buffered' | 'none';
  readonly sampling: 'both' | 'one' | 'none';
  readonly inputs: readonly ('text' | 'image' | 'document')[];
  readonly jsonSchema?: boolean;
  readonly cacheMinimum?: number;
  readonly batch?: boolean;
  /** Bedrock has ended it. */
  readonly retired?: boolean;
  /** The bare id is refused: only a profile reaches the model. */
  readonly needsProfile?: boolean;
  /** By geography prefix, and `in-region` for the bare id: that a key is there says that the model is offered so. */
  readonly prices: Readonly<Record<string, EntryPrices>>;
}

/** USD per million tokens; empty where the list names none. */
export interface EntryPrices {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly longPrompt?: LongPromptPrices;
}

export interface EmbeddingEntry {
  readonly id: string;
  readonly dimensions: readonly number[];
  readonly defaultDimension: number;
  readonly inputTokens?: number;
  readonly batch?: boolean;
  /** It makes vectors of bits too. */
  readonly binary?: boolean;
  /** It makes vectors of images, sounds or films as they are. */
  readonly multimodal?: boolean;
  /** USD per million tokens. */
  readonly price?: number;
  readonly geographies?: readonly string[];
}

export interface RerankEntry {
  readonly id: string;
  readonly pricePerThousandQueries?: number;
}

/** What a route must know of a model, whatever its kind. */
export interface Reach {
  readonly id: string;
  readonly needsProfile: boolean;
  readonly retired: boolean;
  readonly geographies: readonly string[];
}

interface Catalogue {
  readonly pricesAsOf: string;
  readonly text: readonly TextEntry[];
  readonly embedding: readonly EmbeddingEntry[];
  readonly rerank: readonly RerankEntry[];
}

let read: Catalogue | undefined;

/** Read when the first model is bound: an app that only imports the library does not pay for it. */
export function catalogue(): Catalogue {
  return read ??= JSON.parse(readFileSync(join(__dirname, 'catalogue.json'), 'utf8')) as Catalogue;
}

/** The entry of a model by its own id, or nothing: the catalogue adds knowledge, it never forbids a model. */
export function find<Entry extends { id: string }>(entries: readonly Entry[], id: string | undefined): Entry | undefined {
  return entries.find((entry) => entry.id === id);
}

/** Which of the library's classes a model belongs to, or nothing where the catalogue does not know it. */
export function familyOf(id: string | undefined): 'Model' | 'EmbeddingModel' | 'RerankModel' | undefined {
  const { text, embedding, rerank } = catalogue();
  if (find(text, id)) return 'Model';
  if (find(embedding, id)) return 'EmbeddingModel';
  return find(rerank, id) && 'RerankModel';
}

/** How the service offers a model of any kind, or nothing where the catalogue does not know it. */
export function findReach(id: string | undefined): Reach | undefined {
  const text = find(catalogue().text, id);
  if (text) {
    const geographies = Object.keys(text.prices).filter((key) => key !== 'in-region');
    return { id: text.id, needsProfile: text.needsProfile ?? false, retired: text.retired ?? false, geographies };
  }
  const other: EmbeddingEntry | RerankEntry | undefined = find(catalogue().embedding, id) ?? find(catalogue().rerank, id);
  if (!other) return undefined;
  return { id: other.id, needsProfile: false, retired: false, geographies: 'geographies' in other ? other.geographies ?? [] : [] };
}
