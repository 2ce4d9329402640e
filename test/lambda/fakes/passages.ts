import type { Passage, Passages, Search, SearchNote, Tell } from '../../../lambda/ports/passages';

/** Passages in memory. Like a service with a fault it passes over filters, so that what is never shown is left out by nobody but the core. */
export class MemoryPassages implements Passages {
  readonly searches: Search[] = [];

  constructor(public answers: readonly (readonly Passage[] | Error)[], private readonly notes: readonly SearchNote[] = []) {}

  async search(search: Search, _signal?: AbortSignal, tell?: Tell): Promise<readonly Passage[]> {
    this.notes.forEach((note) => tell?.(note));
    const answer = this.answers[Math.min(this.searches.length, this.answers.length - 1)];
    this.searches.push(search);
    if (answer instanceof Error) throw answer;
    return answer;
  }
}

export function passage(text: string, changes: Partial<Passage> = {}): Passage {
  return { id: `id of ${text}`, text, score: 0.5, source: { uri: `s3://docs/${text.slice(0, 8).trim()}.pdf`, title: text.slice(0, 8).trim() }, metadata: {}, ...changes };
}
