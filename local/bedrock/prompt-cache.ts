import { createHash } from 'crypto';
import { ContentBlock, ConverseRequest } from './converse';
import { countTokens } from './tokens';

const KEPT_MS = { '5m': 5 * 60_000, '1h': 60 * 60_000 };
/** A picture or a document costs this much, whatever is in it. */
const ATTACHMENT_TOKENS = 1_000;

export type CacheLifetime = keyof typeof KEPT_MS;

/** What a prompt is charged for, in tokens. */
export interface PromptCharge {
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  readonly writtenFor: readonly { readonly ttl: CacheLifetime; readonly inputTokens: number }[];
}

/** Counts the tokens of a prompt, and which of them a cache point saves: the longest prefix that is still kept is read, the rest up to the last point written. */
export class PromptCache {
  private readonly seen = new Map<string, number>();

  charge(modelId: string, request: ConverseRequest, minimum: number | undefined): PromptCharge {
    const { total, points } = measure(request);
    // A model without a minimum caches nothing.
    const usable = points.filter((point) => minimum !== undefined && point.tokens >= minimum).map((point) => ({ ...point, key: `${modelId} ${point.key}` }));
    const now = Date.now();
    const read = usable.filter(({ key }) => (this.seen.get(key) ?? 0) > now).at(-1)?.tokens ?? 0;
    const cached = usable.at(-1)?.tokens ?? 0;
    for (const { key, ttl } of usable) this.seen.set(key, now + KEPT_MS[ttl]);
    const writtenFor = usable.filter(({ tokens }) => tokens > read)
      .map(({ ttl, tokens }, index, written) => ({ ttl, inputTokens: tokens - (written[index - 1]?.tokens ?? read) }));
    return { fresh: total - cached, read, written: cached - read, writtenFor };
  }
}

interface CachePoint {
  readonly key: string;
  readonly tokens: number;
  readonly ttl: CacheLifetime;
}

/** The prompt in the order in which the cache reads it: tools, system, messages. */
export function measure(request: ConverseRequest): { total: number; points: CachePoint[] } {
  const hash = createHash('sha256');
  const points: CachePoint[] = [];
  let total = 0;
  const parts = [
    ...(request.toolConfig?.tools ?? []),
    ...(request.system ?? []),
    ...(request.messages ?? []).flatMap(({ role, content }) => content.map((block) => ({ ...block, role }))),
  ];
  for (const part of parts) {
    if (part.cachePoint) {
      points.push({ key: hash.copy().digest('hex'), tokens: total, ttl: (part.cachePoint as { ttl?: CacheLifetime }).ttl ?? '5m' });
      continue;
    }
    hash.update(JSON.stringify(part));
    total += tokensOf(part);
  }
  return { total, points };
}

function tokensOf(part: object): number {
  const { text, image, document, role, ...rest } = part as ContentBlock & { role?: string };
  if (image || document) return ATTACHMENT_TOKENS;
  return text === undefined ? countTokens(JSON.stringify(rest)) : countTokens(text);
}
