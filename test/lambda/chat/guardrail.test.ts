import type { Finding, ModelEvent } from '../../../lambda/ports/model';
import { ChatApi } from '../fakes/api';
import { says, stop, text, usage } from '../fakes/model';

const guardrail = { id: 'g', version: '1' };
const hi = { messages: [{ role: 'user', content: 'Hi' }], conversation_id: 'c1' };
const found = (action: string): Finding => ({ on: 'output', policy: 'pii', kind: 'EMAIL', action });
const assessed = (...findings: Finding[]): ModelEvent => ({ type: 'assessed', findings });

test.each<[string, ModelEvent[], string]>([
  ['only masked is an answer', [assessed(found('ANONYMIZED'), found('NONE'))], 'stop'],
  ['blocked is none, though something was masked as well', [assessed(found('ANONYMIZED'), found('BLOCKED'))], 'content_filter'],
  ['says nothing of is none: a guardrail that stepped in without a word has blocked', [], 'content_filter'],
  ['only reported is none, for it stepped in all the same', [assessed(found('NONE'))], 'content_filter'],
])('what a guardrail %s', async (_, events, reason) => {
  const api = new ChatApi([[text('Write to {EMAIL}.'), stop('guardrail_intervened'), ...events, usage], says('Yes.')], { guardrail });
  const answered = await api.chat(hi);
  expect(answered.json().choices[0].finish_reason).toBe(reason);
  expect(api.metrics.at(-1)).toMatchObject({ GuardrailBlocks: reason === 'stop' ? 0 : 1 });
  await api.chat(hi);
  const prompt = JSON.stringify(api.model.prompts[1].messages);
  expect(prompt.includes('Write to {EMAIL}.')).toBe(reason === 'stop');
});

test('writes down for audits which policy stepped in, and tells the client nothing of it', async () => {
  const finding: Finding = { on: 'input', policy: 'content', kind: 'PROMPT_ATTACK', action: 'BLOCKED', confidence: 'HIGH' };
  const api = new ChatApi([[text('No.'), stop('guardrail_intervened'), assessed(finding, found('NONE')), usage]], { guardrail });
  const { text: told } = await api.chat({ ...hi, stream: true });
  expect(api.logged.at(-1)!.fields.guardrail).toBe('input content PROMPT_ATTACK BLOCKED HIGH; output pii EMAIL NONE');
  expect(told).not.toContain('PROMPT_ATTACK');
  expect(JSON.stringify([...api.conversations.messages.values()])).not.toContain('PROMPT_ATTACK');
});
