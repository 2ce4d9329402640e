import { findingsOf } from '../../../lambda/adapters/guardrail-findings';

const CANARY = 'canary-41aa';

test('tells what a guardrail found by policy, kind and action, and never what it found it in', () => {
  const findings = findingsOf({
    inputAssessment: {
      g: {
        topicPolicy: { topics: [{ name: 'Law', type: 'DENY', action: 'BLOCKED' }] },
        contentPolicy: { filters: [{ type: 'PROMPT_ATTACK', confidence: 'HIGH', action: 'BLOCKED' }] },
        wordPolicy: { customWords: [{ match: CANARY, action: 'BLOCKED' }], managedWordLists: [{ match: CANARY, type: 'PROFANITY', action: 'NONE' }] },
      },
    },
    outputAssessments: {
      g: [{
        sensitiveInformationPolicy: { piiEntities: [{ match: CANARY, type: 'EMAIL', action: 'ANONYMIZED' }], regexes: [{ name: 'Customer', match: CANARY, regex: 'C', action: 'ANONYMIZED' }] },
        contextualGroundingPolicy: { filters: [{ type: 'GROUNDING', threshold: 0.7, score: 0.2, action: 'BLOCKED' }] },
      }],
    },
  });
  expect(findings).toEqual([
    { on: 'input', policy: 'topic', kind: 'Law', action: 'BLOCKED' },
    { on: 'input', policy: 'content', kind: 'PROMPT_ATTACK', action: 'BLOCKED', confidence: 'HIGH' },
    { on: 'input', policy: 'word', kind: 'CUSTOM', action: 'BLOCKED' },
    { on: 'input', policy: 'word', kind: 'PROFANITY', action: 'NONE' },
    { on: 'output', policy: 'pii', kind: 'EMAIL', action: 'ANONYMIZED' },
    { on: 'output', policy: 'pattern', kind: 'Customer', action: 'ANONYMIZED' },
    { on: 'output', policy: 'grounding', kind: 'GROUNDING', action: 'BLOCKED' },
  ]);
  expect(JSON.stringify(findings)).not.toContain(CANARY);
  expect(findingsOf({})).toEqual([]);
});

test('takes a score of grounding that is good enough for no finding', () => {
  const filters = [
    { type: 'GROUNDING', threshold: 0.7, score: 0.9, action: 'NONE', detected: false }, { type: 'RELEVANCE', threshold: 0.5, score: 0.8, action: 'NONE' },
    { type: 'GROUNDING', threshold: 0.7, score: 0.1, action: 'NONE', detected: true }, { type: 'RELEVANCE', threshold: 0.5, score: 0.4, action: 'BLOCKED' },
  ] as const;
  expect(findingsOf({ outputAssessments: { g: [{ contextualGroundingPolicy: { filters: [...filters] } }] } }).map(({ kind, action }) => `${kind} ${action}`)).toEqual(['GROUNDING NONE', 'RELEVANCE BLOCKED']);
});
