import type { GuardrailAssessment, GuardrailTraceAssessment } from '@aws-sdk/client-bedrock-runtime';
import type { Finding } from '../ports/model';

type Found = Omit<Finding, 'on'>;

/** What a guardrail found, by kind: what matched is somebody's words, and stays behind. */
export function findingsOf({ inputAssessment, outputAssessments }: GuardrailTraceAssessment): Finding[] {
  const input = Object.values(inputAssessment ?? {}).flatMap(foundIn);
  const output = Object.values(outputAssessments ?? {}).flat().flatMap(foundIn);
  return [...input.map((found): Finding => ({ on: 'input', ...found })), ...output.map((found): Finding => ({ on: 'output', ...found }))];
}

function foundIn({ topicPolicy, contentPolicy, wordPolicy, sensitiveInformationPolicy, contextualGroundingPolicy }: GuardrailAssessment): Found[] {
  const found = (policy: string, kind: string | undefined, action: string | undefined, confidence?: string): Found => (
    { policy, kind: kind ?? 'unknown', action: action ?? 'NONE', ...(confidence !== undefined && { confidence }) });
  // Grounding is told with its score even where that is good enough.
  const checks = contextualGroundingPolicy?.filters?.filter(({ detected, score = 0, threshold = 1 }) => detected ?? score < threshold) ?? [];
  return [
    ...(topicPolicy?.topics ?? []).map(({ name, action }) => found('topic', name, action)),
    ...(contentPolicy?.filters ?? []).map(({ type, action, confidence }) => found('content', type, action, confidence)),
    ...(wordPolicy?.customWords ?? []).map(({ action }) => found('word', 'CUSTOM', action)),
    ...(wordPolicy?.managedWordLists ?? []).map(({ type, action }) => found('word', type, action)),
    ...(sensitiveInformationPolicy?.piiEntities ?? []).map(({ type, action }) => found('pii', type, action)),
    ...(sensitiveInformationPolicy?.regexes ?? []).map(({ name, action }) => found('pattern', name, action)),
    ...checks.map(({ type, action }) => found('grounding', type, action)),
  ];
}
