import { referenceOf } from './retrieval';
import type { Hit } from './search';
import type { ConverseRequest, Message } from '../bedrock/converse';

export interface GenerationConfiguration {
  readonly promptTemplate?: { readonly textPromptTemplate?: string };
  readonly inferenceConfig?: { readonly textInferenceConfig?: ConverseRequest['inferenceConfig'] };
  readonly guardrailConfiguration?: { readonly guardrailId: string; readonly guardrailVersion: string };
  readonly additionalModelRequestFields?: ConverseRequest['additionalModelRequestFields'];
}

/** What the service says where it has found nothing. */
export const NOTHING_FOUND = 'Sorry, I am unable to assist you with this request.';

const INSTRUCTIONS = 'Answer the question from the search results only, and say so when they do not answer it. After each sentence name the results that it comes from in brackets, like [1].';

/** The call of the model that answers from what was found. */
export function answerRequest(question: string, hits: readonly Hit[], history: readonly Message[], configuration: GenerationConfiguration): ConverseRequest {
  const { promptTemplate, inferenceConfig, guardrailConfiguration: guardrail, additionalModelRequestFields } = configuration;
  const results = hits.map(({ text }, at) => `<search_result id="${at + 1}">\n${text}\n</search_result>`).join('\n');
  const template = promptTemplate?.textPromptTemplate ?? `${INSTRUCTIONS}\n$search_results$`;
  const told = template.replaceAll('$search_results$', () => results).replaceAll('$output_format_instructions$', INSTRUCTIONS).replaceAll('$query$', () => question);
  return {
    system: [{ text: told }],
    messages: [...history, { role: 'user', content: [{ text: question }] }],
    ...inferenceConfig?.textInferenceConfig && { inferenceConfig: inferenceConfig.textInferenceConfig },
    ...guardrail && { guardrailConfig: { guardrailIdentifier: guardrail.guardrailId, guardrailVersion: guardrail.guardrailVersion } },
    ...additionalModelRequestFields && { additionalModelRequestFields },
  };
}

export interface Citation {
  readonly generatedResponsePart: { readonly textResponsePart: { readonly text: string; readonly span: { readonly start: number; readonly end: number } } };
  readonly retrievedReferences: readonly object[];
}

/** The answer without its markers, and which part of it comes from which passages. */
export function cited(answer: string, hits: readonly Hit[]): { readonly text: string; readonly citations: Citation[] } {
  let text = '';
  const citations: Citation[] = [];
  for (const [, part, markers] of answer.matchAll(/([^]*?)((?:\s*\[\d+\])+|$)/g)) {
    if (part === '' && markers === '') continue;
    const start = text.length + (/^\s*/.exec(part)?.[0].length ?? 0);
    text += part;
    const places = [...new Set([...markers.matchAll(/\d+/g)].map(([number]) => Number(number) - 1))].filter((place) => place in hits);
    if (places.length === 0) continue;
    const end = text.length - 1;
    citations.push({
      generatedResponsePart: { textResponsePart: { text: text.slice(start, end + 1), span: { start, end } } },
      retrievedReferences: places.map((place) => referenceOf(hits[place])),
    });
  }
  if (citations.length > 0) return { text, citations };
  return { text, citations: [uncited(text)] };
}

/** An answer that comes from no passage. */
export function uncited(text: string): Citation {
  return { generatedResponsePart: { textResponsePart: { text, span: { start: 0, end: Math.max(0, text.length - 1) } } }, retrievedReferences: [] };
}

/** The parts of a question that asks for several things, each to be searched for by itself. */
export function decomposed(question: string): string[] {
  const parts = question.split(/\?\s+|;\s+|,?\s+(?:and|und|et|y)\s+(?=(?:what|who|when|where|which|how|why|was|wer|wann|wie|does|do|is|are)\b)/i).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}
