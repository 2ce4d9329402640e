import { ApplyGuardrailCommand, ConverseCommand, ConverseStreamCommand, type GuardrailContentBlock, type Message } from '@aws-sdk/client-bedrock-runtime';
import { eventsOf, LocalBedrock, startLocalBedrock, textIn } from './local-bedrock';
import { Faults } from '../../../local/bedrock/faults';
import { comparedIn, failed, refuses, scoresOf } from '../../../local/bedrock/grounding-check';
import { guardrailFromTemplate } from '../../../local/bedrock/guardrail-template';

const LEAVE = 'Everybody has thirty days of leave a year.';
const QUERY = 'How many days of leave are there a year?';
const compared = { sources: `${LEAVE} Leave is taken until the end of March.`, query: QUERY };
const [grounding, relevance] = [{ kind: 'GROUNDING', threshold: 0.7, action: 'BLOCK' }, { kind: 'RELEVANCE', threshold: 0.5, action: 'BLOCK' }] as const;
const template = (Action: 'BLOCK' | 'NONE', Enabled = true) => guardrailFromTemplate({
  BlockedInputMessaging: 'Not here.',
  BlockedOutputsMessaging: 'Not borne out.',
  ContextualGroundingPolicyConfig: { FiltersConfig: [{ Type: 'GROUNDING', Threshold: 0.7, Action, Enabled }, { Type: 'RELEVANCE', Threshold: 0.5, Action, Enabled }] },
});

describe('an answer', () => {
  const scores = (answer: string) => scoresOf([grounding, relevance], compared, answer).map(({ score }) => score);

  test('is grounded as far as its words stand in the sources, however it is bent and cited', () => {
    expect(scores(`${LEAVE} [1]`)[0]).toBe(1);
    expect(scores('There is leave of thirty days [1][2].')[0]).toBe(1);
    expect(scores('Lighthouse keepers earn ninety crowns.')[0]).toBe(0);
    expect(scores('Leave is thirty crowns and ninety lighthouses.')[0]).toBe(0.4);
  });

  test('is relevant as far as it has the words of the question', () => {
    expect(scores(LEAVE)[1]).toBe(0.75);
    expect(scores('Passwords have sixteen characters.')[1]).toBe(0);
  });

  test('fails below the threshold, and is refused where that blocks', () => {
    expect(refuses(scoresOf([grounding], compared, 'Ninety crowns.'))).toBe(true);
    expect(refuses(scoresOf([{ ...grounding, action: 'NONE' }], compared, 'Ninety crowns.'))).toBe(false);
    expect(failed({ check: grounding, score: 0.7 })).toBe(false);
    expect(failed({ check: grounding, score: 0.69 })).toBe(true);
  });

  test('is compared with nothing where source or question is missing, as the service does', () => {
    const block = (text: string, qualifiers: string[]) => ({ guardContent: { text: { text, qualifiers } } });
    const request = (...content: object[]) => ({ messages: [{ role: 'user' as const, content }] });
    expect(comparedIn(request(block('Source.', ['grounding_source']), block('More.', ['grounding_source']), block('Why?', ['query', 'guard_content'])))).toEqual({ sources: 'Source.\nMore.', query: 'Why?' });
    expect(comparedIn(request(block('Source.', ['grounding_source'])))).toBeUndefined();
    expect(comparedIn(request(block('Why?', ['query'])))).toBeUndefined();
    expect(comparedIn({ messages: [] })).toBeUndefined();
  });
});

describe('a guardrail that checks grounding', () => {
  const faults = new Faults();
  let bedrock: LocalBedrock;
  beforeAll(async () => {
    bedrock = await startLocalBedrock({ faults, guardrails: new Map([['blocks', template('BLOCK')], ['reports', template('NONE')], ['off', template('BLOCK', false)]]) });
  });
  afterAll(() => bedrock.stop());

  const content = [
    { guardContent: { text: { text: `<passage number="1">\n${compared.sources}\n</passage>`, qualifiers: ['grounding_source' as const] } } },
    { guardContent: { text: { text: QUERY, qualifiers: ['query' as const, 'guard_content' as const] } } },
  ];
  const asks = (guardrailIdentifier: string, more: object = {}) => ({
    modelId: 'amazon.nova-lite-v1:0',
    messages: [{ role: 'user', content }] satisfies Message[],
    guardrailConfig: { guardrailIdentifier, guardrailVersion: '1', trace: 'enabled' as const, ...more },
  });
  const stream = async (guardrail: string, fault: 'none' | 'invented', more: object = {}) => {
    faults.set({ kind: fault });
    const events = await eventsOf(await bedrock.client.send(new ConverseStreamCommand(asks(guardrail, more))));
    return {
      text: textIn(events),
      stop: events.find(({ messageStop }) => messageStop)?.messageStop?.stopReason,
      filters: events.at(-1)?.metadata?.trace?.guardrail?.outputAssessments?.[guardrail]?.[0].contextualGroundingPolicy?.filters,
    };
  };

  test('passes what the sources say, and tells how well they do', async () => {
    const { text, stop, filters } = await stream('blocks', 'none');
    expect([text, stop]).toEqual([`${LEAVE} [1]`, 'end_turn']);
    expect(filters).toEqual([
      { type: 'GROUNDING', threshold: 0.7, score: 1, action: 'NONE', detected: false }, { type: 'RELEVANCE', threshold: 0.5, score: 0.75, action: 'NONE', detected: false },
    ]);
  });

  test('says nothing of what no source says', async () => {
    const { text, stop, filters } = await stream('blocks', 'invented');
    expect([text, stop]).toEqual(['Not borne out.', 'guardrail_intervened']);
    expect(filters).toMatchObject([{ type: 'GROUNDING', score: 0, action: 'BLOCKED', detected: true }, { type: 'RELEVANCE', action: 'BLOCKED' }]);
  });

  test('does the same to an answer in one piece', async () => {
    faults.set({ kind: 'invented' });
    const blocked = await bedrock.client.send(new ConverseCommand(asks('blocks')));
    expect(blocked).toMatchObject({ stopReason: 'guardrail_intervened', output: { message: { content: [{ text: 'Not borne out.' }] } } });
  });

  test('lets it go where it only reports, and looks at nothing where it is off', async () => {
    expect(await stream('reports', 'invented')).toMatchObject({ text: expect.stringContaining('lighthouse'), stop: 'end_turn', filters: [{ action: 'NONE', detected: true }, {}] });
    expect((await stream('off', 'invented')).filters).toBeUndefined();
  });

  test('blocks behind the words where it is asynchronous', async () => {
    expect((await stream('blocks', 'invented', { streamProcessingMode: 'async' })).text).toMatch(/lighthouse.*Not borne out\.$/);
  });

  test('judges an answer by itself', async () => {
    const apply = (text: string) => bedrock.client.send(new ApplyGuardrailCommand({
      guardrailIdentifier: 'blocks', guardrailVersion: '1', source: 'OUTPUT', content: [...content.map(({ guardContent }): GuardrailContentBlock => guardContent), { text: { text } }],
    }));
    expect(await apply(LEAVE)).toMatchObject({ action: 'NONE', outputs: [], usage: { contextualGroundingPolicyUnits: 1 } });
    expect(await apply('Ninety crowns.')).toMatchObject({ action: 'GUARDRAIL_INTERVENED', outputs: [{ text: 'Not borne out.' }] });
  });
});
