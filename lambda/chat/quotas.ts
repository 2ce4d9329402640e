import type { TurnContext } from './turn-terms';
import type { QuotaLimit, QuotasPolicy } from '../../lib/contract/chat-quotas';
import { QuotaExceeded } from '../kit/http';
import type { Bucket, Reserved } from '../ports/quotas';

/** Clients of OpenAI wait a minute at most. */
const LONGEST_WAIT_S = 60;

/** Every bucket that a caller draws on: their own, and those that their groups share. */
export function bucketsOf({ user, groups }: QuotasPolicy, caller: Pick<TurnContext, 'caller' | 'groups'>, now: number): Bucket[] {
  const own = groups.filter(({ name }) => caller.groups.includes(name));
  const limits = own.find(({ member }) => member !== undefined)?.member ?? user;
  return [
    ...limits.map((limit) => bucket('user', caller.caller, limit, now)),
    ...own.flatMap(({ name, together }) => together.map((limit) => bucket('group', name, limit, now))),
  ];
}

/** Spans follow on each other from the beginning of 1970, so that those of a day begin at midnight, Greenwich. */
function bucket(kind: Bucket['kind'], name: string, limit: QuotaLimit, now: number): Bucket {
  const length = limit.windowSeconds * 1_000;
  const from = Math.floor(now / length) * length;
  return { kind, name, limit, from, until: from + length };
}

export interface Draw extends Reserved {
  readonly bucket: Bucket;
}

/** What a client is told of its quotas, as OpenAI tells it: of requests and of tokens the bucket in which the least is left. */
export function quotaHeaders(draws: readonly Draw[], now: number): Record<string, string> {
  return Object.fromEntries((['requests', 'tokens'] as const).flatMap((what) => {
    const left = draws.flatMap(({ bucket: { limit, until }, taken }) => {
      const most = limit[what];
      return most === undefined ? [] : [{ most, remaining: Math.max(0, most - taken[what]), until }];
    });
    const [least] = left.sort((one, other) => one.remaining - other.remaining || other.until - one.until);
    return least === undefined ? [] : [
      [`x-ratelimit-limit-${what}`, String(least.most)],
      [`x-ratelimit-remaining-${what}`, String(least.remaining)],
      [`x-ratelimit-reset-${what}`, span(least.until - now)],
    ];
  }));
}

/** Why a turn is refused, and when it is worth another try: never, where not even a bucket of which nothing is taken would hold it. */
export function quotaExceeded(draws: readonly Draw[], tokens: number, now: number): QuotaExceeded {
  const refused = draws.filter(({ granted }) => !granted);
  const tooSmall = refused.find(({ bucket: { limit } }) => limit.tokens !== undefined && tokens > limit.tokens);
  const headers = quotaHeaders(draws, now);
  if (tooSmall) return new QuotaExceeded(neverFits(tooSmall.bucket, tokens), { ...headers, 'x-should-retry': 'false' });

  const { bucket: { kind, limit, until }, taken } = refused.reduce((last, draw) => draw.bucket.until > last.bucket.until ? draw : last);
  const whose = kind === 'user' ? 'You have' : 'Your group has';
  const short = limit.requests !== undefined && taken.requests >= limit.requests
    ? `${whose} used all ${limit.requests} requests`
    : `This request may take ${tokens} tokens, more than the ${Math.max(0, (limit.tokens ?? 0) - taken.tokens)} that ${whose.toLowerCase()} left of ${limit.tokens}`;
  const seconds = Math.max(1, Math.ceil((until - now) / 1_000));
  return new QuotaExceeded(`${short} in ${span(limit.windowSeconds * 1_000)}. Try again in ${span(until - now)}.`, {
    ...headers,
    'retry-after': String(seconds),
    ...(seconds > LONGEST_WAIT_S && { 'x-should-retry': 'false' }),
  });
}

function neverFits({ kind, limit }: Bucket, tokens: number): string {
  const whose = kind === 'user' ? 'you' : 'your group';
  return `This request may take ${tokens} tokens, more than the ${limit.tokens} that ${whose} may take in ${span(limit.windowSeconds * 1_000)} altogether, so waiting does not help. `
    + 'Ask for a shorter answer with \'max_tokens\', or send fewer or shorter messages.';
}

/** As `6m0s`. */
function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const units = ['h', 'm', 's'];
  const first = Math.max(0, parts.findIndex((part) => part > 0));
  return seconds === 0 ? '0s' : parts.map((part, at) => at < first ? '' : `${part}${units[at]}`).join('');
}
