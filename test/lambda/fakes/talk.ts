import { FakeClock } from './clock';
import { collect } from './collect';
import { MemoryConversations } from './conversations';
import { MemoryObjects } from './objects';
import { policy } from './policy';
import { MemorySummaries } from './summaries';
import { MemoryTurnKeys } from './turn-keys';
import { MemoryTurnLog } from './turn-log';
import { parseChatRequest } from '../../../lambda/chat/request';
import type { TurnPolicy } from '../../../lambda/chat/settings';
import { takeTurn } from '../../../lambda/chat/turn';
import { jsonSchemas } from '../../../lambda/parts/json-schemas';
import type { Model, Prompt } from '../../../lambda/ports/model';

/** One conversation with a model of the test's, turn after turn; what is done behind an answer is done before the next. */
export class Talk {
  readonly conversations = new MemoryConversations();
  readonly log = new MemoryTurnLog(this.conversations);
  readonly clock = new FakeClock();
  readonly objects = new MemoryObjects();
  readonly summaries = new MemorySummaries();
  readonly keys = new MemoryTurnKeys();
  readonly schemas = jsonSchemas;
  readonly notes: object[] = [];
  readonly prompts: Prompt[] = [];
  readonly model: Model;
  private turns = 0;

  constructor(model: Model, private readonly changes: Partial<TurnPolicy> = {}) {
    this.model = {
      answer: (prompt, signal) => {
        this.prompts.push(prompt);
        return model.answer(prompt, signal);
      },
    };
  }

  say(content: string, more: object = {}) {
    return this.send({ messages: [{ role: 'user', content }], ...more });
  }

  async send(body: object) {
    const decided = policy(this.changes);
    const request = parseChatRequest({ body: JSON.stringify({ conversation_id: 'c1', ...body }), headers: {} }, decided.facts);
    const works: Promise<unknown>[] = [];
    const { items: events, error } = await collect(takeTurn(request, decided, {
      runId: `run-${++this.turns}`,
      caller: 'ada',
      headers: {},
      groups: [],
      claims: {},
      measure: () => undefined,
      until: this.clock.now() + 30_000,
      signal: new AbortController().signal,
      telling: { id: 'answer', created: 0, model: 'm', includeUsage: false },
      outlast: (work: Promise<unknown>) => void works.push(work),
      note: (fields) => void this.notes.push({ ...fields }),
      count: () => undefined,
      announce: () => undefined,
    }, this));
    await Promise.allSettled(works);
    return { events, error };
  }

  /** What the model was told, by the prompts that it was sent. */
  get told(): string[][] {
    return this.prompts.map(({ messages }) => messages.flatMap(({ content }) => content.map((block) => block.kind === 'text' ? block.text : block.kind)));
  }
}
