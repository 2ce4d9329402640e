import { ConverseEvent, ConverseRequest, Message } from './converse';
import { ApplyGuardrailRequest } from './operation';

/** A guardrail as far as the local cloud applies it: words, topics and patterns, by plain comparison. */
export interface Guardrail {
  /** Words and phrases, without regard to case. */
  readonly blockedWords?: readonly string[];
  /** Names of denied topics; a text that has the name, or one of the examples, is on the topic. */
  readonly deniedTopics?: readonly { readonly name: string; readonly examples?: readonly string[] }[];
  readonly blockedPatterns?: readonly { readonly name: string; readonly pattern: string }[];
  readonly blockedInputMessaging: string;
  readonly blockedOutputsMessaging: string;
  /** Policies of the template that are not applied here, in words. */
  readonly leftOut?: readonly string[];
}

/** An `AWS::Bedrock::Guardrail`'s properties, as far as they can be applied without a model: content filters are not. */
interface GuardrailProperties {
  readonly BlockedInputMessaging: string;
  readonly BlockedOutputsMessaging: string;
  readonly ContentPolicyConfig?: object;
  readonly ContextualGroundingPolicyConfig?: object;
  readonly AutomatedReasoningPolicyConfig?: object;
  readonly WordPolicyConfig?: { readonly WordsConfig?: readonly { readonly Text: string }[]; readonly ManagedWordListsConfig?: readonly object[] };
  readonly TopicPolicyConfig?: { readonly TopicsConfig?: readonly { readonly Name: string; readonly Examples?: readonly string[] }[] };
  readonly SensitiveInformationPolicyConfig?: {
    readonly PiiEntitiesConfig?: readonly object[];
    readonly RegexesConfig?: readonly { readonly Name: string; readonly Pattern: string; readonly Action: string }[];
  };
}

/** Reads a guardrail from its resource in a template. */
export function guardrailFromTemplate(properties: object): Guardrail {
  const { WordPolicyConfig, TopicPolicyConfig, SensitiveInformationPolicyConfig, ...messaging } = properties as GuardrailProperties;
  return {
    blockedWords: WordPolicyConfig?.WordsConfig?.map(({ Text }) => Text),
    deniedTopics: TopicPolicyConfig?.TopicsConfig?.map(({ Name, Examples }) => ({ name: Name, examples: Examples })),
    blockedPatterns: SensitiveInformationPolicyConfig?.RegexesConfig?.filter(({ Action }) => Action === 'BLOCK')
      .map(({ Name, Pattern }) => ({ name: Name, pattern: Pattern })),
    blockedInputMessaging: messaging.BlockedInputMessaging,
    blockedOutputsMessaging: messaging.BlockedOutputsMessaging,
    leftOut: leftOut(properties as GuardrailProperties),
  };
}

/** These need a model or lists that only the service has. */
function leftOut(properties: GuardrailProperties): string[] {
  const { WordPolicyConfig: words, SensitiveInformationPolicyConfig: sensitive } = properties;
  const policies: [string, unknown][] = [
    ['content filters', properties.ContentPolicyConfig],
    ['contextual grounding', properties.ContextualGroundingPolicyConfig],
    ['automated reasoning', properties.AutomatedReasoningPolicyConfig],
    ['the managed list of profanities', words?.ManagedWordListsConfig?.length],
    ['personal data by its kind', sensitive?.PiiEntitiesConfig?.length],
    ['masking', sensitive?.RegexesConfig?.some(({ Action }) => Action === 'ANONYMIZE')],
  ];
  return policies.flatMap(([name, given]) => given ? [name] : []);
}

/** What a text was blocked for, in the words of a guardrail's trace. */
export interface Assessment {
  readonly wordPolicy?: { readonly customWords: readonly { readonly match: string; readonly action: 'BLOCKED' }[]; readonly managedWordLists: readonly [] };
  readonly topicPolicy?: { readonly topics: readonly { readonly name: string; readonly type: 'DENY'; readonly action: 'BLOCKED' }[] };
  readonly sensitiveInformationPolicy?: {
    readonly piiEntities: readonly [];
    readonly regexes: readonly { readonly name: string; readonly match: string; readonly action: 'BLOCKED' }[];
  };
}

/** What the guardrail finds in a text, or nothing. */
export function assess(guardrail: Guardrail, text: string): Assessment | undefined {
  const said = text.toLowerCase();
  const has = (phrase: string) => said.includes(phrase.toLowerCase());
  const words = (guardrail.blockedWords ?? []).filter(has);
  const topics = (guardrail.deniedTopics ?? []).filter(({ name, examples = [] }) => [name, ...examples].some(has));
  const regexes = (guardrail.blockedPatterns ?? []).flatMap(({ name, pattern }) => {
    const match = new RegExp(pattern).exec(text)?.[0];
    return match === undefined ? [] : [{ name, match, action: 'BLOCKED' as const }];
  });
  if (words.length + topics.length + regexes.length === 0) return undefined;
  return {
    ...(words.length > 0 ? { wordPolicy: { customWords: words.map((match) => ({ match, action: 'BLOCKED' as const })), managedWordLists: [] } } : {}),
    ...(topics.length > 0 ? { topicPolicy: { topics: topics.map(({ name }) => ({ name, type: 'DENY' as const, action: 'BLOCKED' as const })) } } : {}),
    ...(regexes.length > 0 ? { sensitiveInformationPolicy: { piiEntities: [], regexes } } : {}),
  };
}

/** What the guardrail reads of a request: what is marked as guarded content, else every message of the conversation. */
export function guardedText({ messages = [], system = [] }: ConverseRequest): string {
  const marked = [...system, ...blocksOf(messages)].flatMap(({ guardContent }) => guardContent?.text?.text ?? []);
  return (marked.length > 0 ? marked : blocksOf(messages).flatMap(({ text }) => text ?? [])).join('\n');
}

function blocksOf(messages: readonly Message[]) {
  return messages.flatMap(({ content }) => content);
}

/** The answer in place of one that the guardrail blocked. */
export function* blockedAnswer(text: string, trace: object | undefined): Iterable<ConverseEvent> {
  yield { messageStart: { role: 'assistant' } };
  yield* blockedEnd(0, text, trace);
}

/** Room for a pattern that is not yet complete; AWS looks at chunks of a thousand characters. */
const HELD_FOR_PATTERNS = 200;

/** Watches an answer as it streams. Text is held back while it could still become a blocked phrase, as a synchronous guardrail does. */
export async function* guarded(guardrail: Guardrail, events: AsyncIterable<ConverseEvent>, traceOf: (found: Assessment) => object | undefined) {
  const hold = heldBack(guardrail);
  let recent = '';
  let open = '';
  for await (const event of events) {
    const text = 'contentBlockDelta' in event && 'text' in event.contentBlockDelta.delta ? event.contentBlockDelta.delta.text : undefined;
    if (text === undefined) {
      const index = 'contentBlockStop' in event ? event.contentBlockStop.contentBlockIndex : 0;
      if (open !== '') yield delta(index, open);
      open = '';
      yield event;
      continue;
    }
    recent = recent.slice(-hold) + text;
    open += text;
    const index = 'contentBlockDelta' in event ? event.contentBlockDelta.contentBlockIndex : 0;
    const found = assess(guardrail, recent);
    if (found) {
      yield* blockedEnd(index, guardrail.blockedOutputsMessaging, traceOf(found));
      return;
    }
    const safe = [...open].slice(0, -hold).join('');
    if (safe === '') continue;
    yield delta(index, safe);
    open = open.slice(safe.length);
  }
}

function heldBack({ blockedWords = [], deniedTopics = [], blockedPatterns = [] }: Guardrail): number {
  const phrases = [...blockedWords, ...deniedTopics.flatMap(({ name, examples = [] }) => [name, ...examples])];
  return Math.max(1, blockedPatterns.length > 0 ? HELD_FOR_PATTERNS : 0, ...phrases.map(({ length }) => length));
}

function delta(contentBlockIndex: number, text: string): ConverseEvent {
  return { contentBlockDelta: { contentBlockIndex, delta: { text } } };
}

function* blockedEnd(index: number, text: string, trace: object | undefined): Iterable<ConverseEvent> {
  yield delta(index, text);
  yield { contentBlockStop: { contentBlockIndex: index } };
  yield { messageStop: { stopReason: 'guardrail_intervened' } };
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  yield { metadata: { usage, metrics: { latencyMs: 0 }, ...(trace ? { trace } : {}) } };
}

/** The answer of ApplyGuardrail. */
export function applyGuardrail(guardrail: Guardrail, { source, content }: ApplyGuardrailRequest): object {
  const found = assess(guardrail, content.map(({ text }) => text?.text ?? '').join('\n'));
  const usage = {
    topicPolicyUnits: 1,
    contentPolicyUnits: 0,
    wordPolicyUnits: 1,
    sensitiveInformationPolicyUnits: 1,
    sensitiveInformationPolicyFreeUnits: 0,
    contextualGroundingPolicyUnits: 0,
  };
  const messaging = source === 'INPUT' ? guardrail.blockedInputMessaging : guardrail.blockedOutputsMessaging;
  return {
    usage,
    action: found ? 'GUARDRAIL_INTERVENED' : 'NONE',
    outputs: found ? [{ text: messaging }] : [],
    assessments: found ? [found] : [],
  };
}
