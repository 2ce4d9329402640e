import { latest } from '../../../lambda/embed/latest';
import type { Embeddings, Vector } from '../../../lambda/ports/embeddings';

interface Call {
  readonly text: string;
  readonly as: string;
  readonly give: (vectors: readonly Vector[]) => void;
  readonly fail: (error: Error) => void;
}

/** Embeddings that answer when they are told to, and end with whoever asks. */
function held() {
  const calls: Call[] = [];
  const embeddings: Embeddings = {
    embed: ([text], as, signal) => new Promise((give, fail) => {
      signal.addEventListener('abort', () => fail(new Error('nobody waits any more')));
      calls.push({ text, as, give, fail });
    }),
  };
  return { calls, ...latest(embeddings) };
}

const { signal } = new AbortController();

test('a text is embedded once, for those who ask while it is and for those who ask later', async () => {
  const { calls, embed } = held();
  const both = [embed(['a'], 'query', signal), embed(['a'], 'query', signal)];
  calls[0].give([[1]]);
  expect(await Promise.all([...both, embed(['a'], 'query', signal)])).toEqual([[[1]], [[1]], [[1]]]);
  expect(calls).toHaveLength(1);
});

test('as what it is embedded makes it another, and so do many that came since', async () => {
  const { calls, embed } = held();
  const texts = ['a', ...Array.from({ length: 32 }, (_, at) => `other ${at}`), 'a'];
  const all = [embed(['a'], 'document', new AbortController().signal), ...texts.map((text) => embed([text], 'query', new AbortController().signal))];
  calls.forEach(({ give }) => give([[1]]));
  await Promise.all(all);
  expect(calls.filter(({ text }) => text === 'a').map(({ as }) => as)).toEqual(['document', 'query', 'query']);
});

test('what failed is asked for again, and fails for all who waited for it', async () => {
  const { calls, embed } = held();
  const both = [embed(['a'], 'query', signal), embed(['a'], 'query', signal)];
  calls[0].fail(new Error('throttled'));
  for (const one of both) await expect(one).rejects.toThrow('throttled');
  const again = embed(['a'], 'query', signal);
  calls[1].give([[2]]);
  expect(await again).toEqual([[2]]);
});

test('who goes takes no answer from others who wait for the same', async () => {
  const { calls, embed } = held();
  const first = new AbortController();
  const [gone, ...waiting] = [embed(['a'], 'query', first.signal), embed(['a'], 'query', signal), embed(['a'], 'query', signal)];
  first.abort();
  await expect(gone).rejects.toThrow('nobody waits any more');
  await new Promise((resolve) => setImmediate(resolve));
  expect(calls).toHaveLength(2);
  calls[1].give([[3]]);
  expect(await Promise.all(waiting)).toEqual([[[3]], [[3]]]);
});
