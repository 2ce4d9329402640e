import type { Model, ModelEvent, Prompt } from '../../../lambda/ports/model';

export type Script = readonly (ModelEvent | Error | 'silence')[];
/** A script that waits for what the test does. */
export type LongScript = readonly (Script[number] | Promise<unknown>)[];

/** A model that says what it is told, one script an answer; the last script goes on for ever. */
export class ScriptedModel implements Model {
  readonly prompts: Prompt[] = [];

  constructor(private readonly scripts: readonly LongScript[]) {}

  async* answer(prompt: Prompt): AsyncGenerator<ModelEvent, void> {
    const script = this.scripts[Math.min(this.prompts.length, this.scripts.length - 1)];
    this.prompts.push(prompt);
    for (const line of script) {
      if (line === 'silence') await new Promise(() => undefined);
      else if (line instanceof Promise) await line;
      else if (line instanceof Error) throw line;
      else yield line;
    }
  }
}

export const usage: ModelEvent = { type: 'usage', usage: { input: 10, output: 4, cacheRead: 100, cacheWrite: 20 } };
export const stop = (reason: string): ModelEvent => ({ type: 'stop', reason });
export const text = (words: string): ModelEvent => ({ type: 'text', text: words });
export const says = (...words: string[]): Script => [...words.map(text), stop('end_turn'), usage];

export function calls(name: string, ...json: string[]): Script {
  return [
    { type: 'toolStart', block: 1, id: `call-${name}`, name },
    ...json.map((part): ModelEvent => ({ type: 'toolInput', block: 1, json: part })),
    stop('tool_use'), usage,
  ];
}
