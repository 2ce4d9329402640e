import fc from 'fast-check';
import { ChatApi } from '../fakes/api';
import { says, text } from '../fakes/model';

interface Said {
  readonly parent: string | null;
  readonly words: string;
}

type Step =
  | { readonly kind: 'say' | 'edit' | 'regenerate' | 'after' | 'fail'; readonly at: number };

const step: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom('say', 'edit', 'regenerate', 'after', 'fail'), at: fc.nat(1_000) });

test('any tree of edits, regenerations and returns is read back exactly, and every turn hears its branch and nothing else', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
    const chat = new Tree(steps);
    for (const [position, each] of steps.entries()) await chat.take(each, position + 1);
    await chat.check();
  }), { numRuns: 150 });
}, 120_000);

/** The same conversation twice: as the API keeps it, and as it should be. */
class Tree {
  private readonly api: ChatApi;
  private readonly said = new Map<string, Said>();
  private newest: string | null = null;

  constructor(steps: readonly Step[]) {
    this.api = new ChatApi(steps.map(({ kind }, position) => kind === 'fail' ? [text('broken')] : says(`a${position + 1}`)));
  }

  async take({ kind, at }: Step, turn: number): Promise<void> {
    const questions = [...this.said.keys()].filter((id) => this.said.get(id)!.words.startsWith('q'));
    const answers = [...this.said.keys()].filter((id) => this.said.get(id)!.words.startsWith('a'));
    const chosen = (ids: string[]) => ids[at % ids.length];
    const body: Record<string, unknown> = { conversation_id: 'c', stream: at % 2 === 0 };
    let parent = this.newest;
    let asked: string | undefined = `q${turn}`;
    if (kind === 'edit' && questions.length > 0) {
      body.edit_message_id = chosen(questions);
      parent = this.said.get(chosen(questions))!.parent;
    } else if (kind === 'regenerate' && answers.length > 0) {
      body.regenerate_message_id = chosen(answers);
      parent = this.said.get(chosen(answers))!.parent;
      asked = undefined;
    } else if (kind === 'after' && answers.length > 0) {
      body.parent_message_id = parent = chosen(answers);
    }
    const told = await this.api.chat({ ...body, messages: asked ? [{ role: 'user', content: asked }] : [] });
    const before = this.pathTo(parent).map((id) => this.said.get(id)!.words);
    expect(this.heard(turn - 1)).toEqual(asked ? [...before, asked] : before);
    if (kind === 'fail') return;

    const answer = `msg_${turn}_${asked ? 1 : 0}`;
    if (asked) this.said.set(`msg_${turn}_0`, { parent, words: asked });
    const question = asked ? `msg_${turn}_0` : parent;
    this.said.set(answer, { parent: question, words: `a${turn}` });
    this.newest = answer;
    expect(told.text).toContain(`"message_id":"${answer}","user_message_id":"${question}"`);
  }

  async check(): Promise<void> {
    if (this.newest === null) return;
    expect(await this.read({})).toEqual(this.pathTo(this.newest));
    expect(await this.read({ branch: 'all' })).toEqual([...this.said.keys()]);
    for (const id of this.said.keys()) expect(await this.read({ branch: id, limit: '3' })).toEqual(this.pathTo(this.newestBelow(id)));
  }

  private async read(query: Record<string, string>): Promise<string[]> {
    const ids: string[] = [];
    for (let more: Record<string, string> | undefined = query; more;) {
      const page = (await this.api.call({ method: 'GET', resource: '/v1/conversations/{id}', id: 'c', query: more })).json();
      for (const { id, parent_id: parent, content, siblings } of page.messages) {
        expect({ id, parent, words: content }).toEqual({ id, ...this.said.get(id) });
        const beside = [...this.said.entries()].filter(([, each]) => each.parent === parent).map(([other]) => other);
        if (query.branch !== 'all') expect(siblings ?? [id]).toEqual(beside);
        ids.push(id);
      }
      more = page.next_cursor ? { cursor: page.next_cursor, ...(query.limit && { limit: query.limit }) } : undefined;
    }
    return ids;
  }

  private pathTo(leaf: string | null): string[] {
    const path: string[] = [];
    for (let id = leaf; id !== null; id = this.said.get(id)!.parent) path.unshift(id);
    return path;
  }

  private newestBelow(id: string): string {
    return [...this.said.keys()].filter((other) => this.pathTo(other).includes(id)).at(-1)!;
  }

  private heard(prompt: number): string[] {
    return this.api.model.prompts[prompt].messages.flatMap(({ content }) => content.map((block) => block.kind === 'text' ? block.text : block.kind));
  }
}
