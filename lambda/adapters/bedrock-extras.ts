import type { CachePointBlock, ConverseStreamCommandInput } from '@aws-sdk/client-bedrock-runtime';

/** What makes a call cheaper or faster, and what a model may not know. */
interface Extra {
  readonly name: string;
  /** How the service says that a model does not take it. */
  readonly refusal: RegExp;
  isIn(input: ConverseStreamCommandInput): boolean;
  without(input: ConverseStreamCommandInput): ConverseStreamCommandInput;
}

/** Those first that cost the least to do without. */
const EXTRAS: readonly Extra[] = [
  {
    // The model is told the schema in words too, and its answer held to it.
    name: 'schema',
    refusal: /outputConfig|textFormat|json.?schema|structured output|output format/i,
    isIn: ({ outputConfig }) => outputConfig !== undefined,
    without: ({ outputConfig: _, ...input }) => input,
  },
  {
    name: 'serviceTier',
    refusal: /service ?tier|reservation not found/i,
    isIn: ({ serviceTier }) => serviceTier !== undefined,
    without: ({ serviceTier: _, ...input }) => input,
  },
  {
    name: 'cacheLifetime',
    refusal: /\bttl\b/i,
    isIn: (input) => pointsOf(input).some(({ ttl }) => ttl !== undefined),
    without: (input) => withPoints(input, ({ type }) => ({ type })),
  },
  {
    name: 'toolCachePoint',
    refusal: /toolConfig.*cachePoint/is,
    isIn: ({ toolConfig }) => (toolConfig?.tools ?? []).some(({ cachePoint }) => cachePoint),
    without: (input) => ({ ...input, toolConfig: { ...input.toolConfig, tools: (input.toolConfig?.tools ?? []).filter(({ cachePoint }) => !cachePoint) } }),
  },
  {
    name: 'cachePoints',
    refusal: /cache ?point|prompt caching/i,
    isIn: (input) => pointsOf(input).length > 0,
    without: (input) => withPoints(input, () => undefined),
  },
];

/**
 * What models were found not to take. A model says so with an error, and its word is the only one that is never out of date: it is asked
 * again without, and from then on never with.
 */
export class RefusedExtras {
  private readonly refused = new Set<string>();

  /** @param tell hears once of each extra that a model does not take */
  constructor(private readonly tell: (extra: string) => void) {}

  /** An input without what its model is known not to take. */
  leaveOut(input: ConverseStreamCommandInput): ConverseStreamCommandInput {
    if (this.refused.size === 0) return input;
    return EXTRAS.filter((extra) => this.refused.has(keyOf(extra, input)) && extra.isIn(input)).reduce((left, extra) => extra.without(left), input);
  }

  /** Whether an error says that an input holds what its model does not take, so that it is worth asking again. */
  learn(error: unknown, input: ConverseStreamCommandInput): boolean {
    if (!(error instanceof Error) || !/^(ValidationException|AccessDeniedException)$/i.test(error.name)) return false;
    const extra = EXTRAS.find(({ refusal, isIn }) => refusal.test(error.message) && isIn(input));
    if (!extra) return false;
    if (!this.refused.has(keyOf(extra, input))) this.tell(extra.name);
    this.refused.add(keyOf(extra, input));
    return true;
  }
}

function keyOf({ name }: Extra, { modelId }: ConverseStreamCommandInput): string {
  return `${name} ${modelId}`;
}

interface MayBePoint {
  readonly cachePoint?: CachePointBlock;
}

function pointsOf({ system, messages, toolConfig }: ConverseStreamCommandInput): CachePointBlock[] {
  const blocks: readonly MayBePoint[] = [...toolConfig?.tools ?? [], ...system ?? [], ...(messages ?? []).flatMap(({ content }) => content ?? [])];
  return blocks.flatMap(({ cachePoint }) => cachePoint ?? []);
}

function withPoints(input: ConverseStreamCommandInput, change: (point: CachePointBlock) => CachePointBlock | undefined): ConverseStreamCommandInput {
  const changed = <Part extends MayBePoint>(parts: readonly Part[]): Part[] => parts.flatMap((part) => {
    if (!part.cachePoint) return [part];
    const cachePoint = change(part.cachePoint);
    return cachePoint ? [{ ...part, cachePoint }] : [];
  });
  return {
    ...input,
    ...(input.toolConfig && { toolConfig: { ...input.toolConfig, tools: changed(input.toolConfig.tools ?? []) } }),
    ...(input.system && { system: changed(input.system) }),
    messages: (input.messages ?? []).map(({ role, content }) => ({ role, content: changed(content ?? []) })),
  };
}
