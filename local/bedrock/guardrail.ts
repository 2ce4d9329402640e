import { ContentBlock, ConverseRequest } from './converse';
import { compared, groundingAssessment, type GroundingCheck, refuses, type Score, scoresOf } from './grounding-check';
import { ApplyGuardrailRequest } from './operation';

export type FilterAction = 'BLOCK' | 'ANONYMIZE' | 'NONE';
export type Direction = 'input' | 'output';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One thing that a guardrail looks for, and what it does where it finds it; it does not look where it has no action. */
export interface Filter extends Readonly<Partial<Record<Direction, FilterAction>>> {
  readonly policy: 'word' | 'topic' | 'pii' | 'pattern';
  /** Stands in the trace and, in braces, in the place of what is masked. */
  readonly name: string;
  readonly find: (text: string) => Span[];
  /** Most characters that a find can have. */
  readonly longest: number;
}

/** A guardrail as far as the local cloud applies it: words, topics, patterns, personal information that has a shape, and grounding by shared words. */
export interface Guardrail {
  readonly filters: readonly Filter[];
  /** What answers are held to that come with their sources. @default - none */
  readonly checks?: readonly GroundingCheck[];
  readonly blockedInputMessaging: string;
  readonly blockedOutputsMessaging: string;
  /** Policies of the template that are not applied here, in words. */
  readonly leftOut?: readonly string[];
}

/** What one filter found, and where. */
export interface Find extends Span {
  readonly filter: Filter;
  readonly action: FilterAction;
  readonly match: string;
}

/** What a guardrail finds in a text, in the order of the text. */
export function findsIn({ filters }: Guardrail, text: string, direction: Direction): Find[] {
  return filters.flatMap((filter) => {
    const action = filter[direction];
    return action ? filter.find(text).map((span): Find => ({ filter, action, ...span, match: text.slice(span.from, span.to) })) : [];
  }).sort((one, other) => one.from - other.from || other.to - one.to);
}

export const blocks = (finds: readonly Find[]): boolean => finds.some(({ action }) => action === 'BLOCK');
export const masks = (finds: readonly Find[]): boolean => finds.some(({ action }) => action === 'ANONYMIZE');

/** The text with a name in the place of all that is masked. What lies within something longer that is masked goes with it. */
export function masked(text: string, finds: readonly Find[]): string {
  let said = '';
  let at = 0;
  for (const { action, from, to, filter } of finds) {
    if (action !== 'ANONYMIZE' || from < at) continue;
    said += `${text.slice(at, from)}{${filter.name}}`;
    at = to;
  }
  return said + text.slice(at);
}

/** What was found, in the words of a guardrail's trace. */
export function assessment(finds: readonly Find[], scores: readonly Score[] = []): object {
  const DONE = { BLOCK: 'BLOCKED', ANONYMIZE: 'ANONYMIZED', NONE: 'NONE' } as const;
  const of = (policy: Filter['policy'], told: (find: Find) => object) =>
    finds.filter(({ filter }) => filter.policy === policy).map((find) => ({ ...told(find), action: DONE[find.action], detected: true }));
  const words = of('word', ({ match }) => ({ match }));
  const topics = of('topic', ({ filter }) => ({ name: filter.name, type: 'DENY' }));
  const piiEntities = of('pii', ({ filter, match }) => ({ type: filter.name, match }));
  const regexes = of('pattern', ({ filter, match }) => ({ name: filter.name, match }));
  return {
    ...(words.length > 0 ? { wordPolicy: { customWords: words, managedWordLists: [] } } : {}),
    ...(topics.length > 0 ? { topicPolicy: { topics } } : {}),
    ...(piiEntities.length + regexes.length > 0 ? { sensitiveInformationPolicy: { piiEntities, regexes } } : {}),
    ...groundingAssessment(scores),
  };
}

/** What the guardrail finds in a request, and the request as the model gets to see it. */
export function guardedRequest(guardrail: Guardrail, request: ConverseRequest): { finds: Find[]; request: ConverseRequest } {
  const { messages = [], system = [] } = request;
  const marked = [...system, ...messages.flatMap(({ content }) => content)].some(({ guardContent }) => guardContent?.text);
  const finds: Find[] = [];
  const look = (text: string) => {
    const found = findsIn(guardrail, text, 'input');
    finds.push(...found);
    return masked(text, found);
  };
  /** What is marked as guarded content, else every word of the conversation. */
  const seen = <Block extends Pick<ContentBlock, 'text' | 'guardContent'>>(block: Block, plain: boolean): Block => {
    const { guardContent } = block;
    if (guardContent?.text && !isGuarded(guardContent.text)) return block;
    if (guardContent?.text) return { ...block, guardContent: { ...guardContent, text: { ...guardContent.text, text: look(guardContent.text.text) } } };
    return block.text !== undefined && plain && !marked ? { ...block, text: look(block.text) } : block;
  };
  return {
    finds,
    request: {
      ...request,
      ...(request.system && { system: system.map((block) => seen(block, false)) }),
      messages: messages.map((message) => ({ ...message, content: message.content.map((block) => seen(block, true)) })),
    },
  };
}

/** What answers are only checked against is looked at by no other policy. */
function isGuarded({ qualifiers }: { readonly qualifiers?: readonly string[] }): boolean {
  return !qualifiers || qualifiers.includes('guard_content');
}

/** The answer of ApplyGuardrail. */
export function applyGuardrail(guardrail: Guardrail, { source, content }: ApplyGuardrailRequest): object {
  const qualified = content.flatMap(({ text }) => text ?? []);
  const texts = qualified.filter(isGuarded).map(({ text }) => text);
  const against = source === 'OUTPUT' ? compared(qualified) : undefined;
  const scores = against ? scoresOf(guardrail.checks ?? [], against, texts.join('\n')) : [];
  const found = texts.map((text) => findsIn(guardrail, text, source === 'INPUT' ? 'input' : 'output'));
  const finds = found.flat();
  const usage = {
    topicPolicyUnits: 1,
    contentPolicyUnits: 0,
    wordPolicyUnits: 1,
    sensitiveInformationPolicyUnits: 1,
    sensitiveInformationPolicyFreeUnits: 0,
    contextualGroundingPolicyUnits: scores.length > 0 ? 1 : 0,
  };
  const messaging = source === 'INPUT' ? guardrail.blockedInputMessaging : guardrail.blockedOutputsMessaging;
  const outputs = blocks(finds) || refuses(scores) ? [{ text: messaging }] : masks(finds) ? texts.map((text, at) => ({ text: masked(text, found[at]) })) : [];
  return {
    usage,
    action: outputs.length > 0 ? 'GUARDRAIL_INTERVENED' : 'NONE',
    outputs,
    assessments: finds.length + scores.length > 0 ? [assessment(finds, scores)] : [],
  };
}
