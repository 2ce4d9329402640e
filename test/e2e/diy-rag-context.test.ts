import { emittedMetrics } from './emitted-metrics';
import { runRags } from './run-rags';
import { ContextLines, Splitter } from '../../lib/diy-rag';

const MINUTES = ['Minutes of the Globex harbour board', 'The board met in the customs house on the third of March.', 'It was agreed that tariffs rise by a tenth.', 'The next meeting is in June.'].join('\n\n');

describe('a line about where each chunk stands', () => {
  const rags = runRags(() => ({
    Lines: { documents: { contextLines: ContextLines.byModel() }, splitter: Splitter.structure({ tokens: 20 }) },
  }));
  const counted = (name: string) => emittedMetrics(rags.cloud).filter((metric) => metric.name === name).reduce((sum, { value }) => sum + value, 0);

  test('has it found by words that it leaves out, with a model at its limit too, and is never cited', async () => {
    rags.cloud.faults.set({ kind: 'throttle', times: 2, model: 'nova-2-lite' });
    await rags.put('Lines', 'minutes.txt', MINUTES);
    const { chunks } = await rags.inState('Lines', 'minutes.txt', 'indexed');
    const [best] = await rags.passages('Lines', 'by how much do Globex tariffs rise?');
    expect(best).toMatchObject({ text: expect.stringContaining('tariffs rise by a tenth'), context: expect.stringContaining('This part stands in Minutes of the Globex harbour board.') });
    expect(best.text).not.toContain('Globex');
    expect(MINUTES.slice(Number(best.source.start), Number(best.source.end))).toBe(best.text);
    expect(chunks).toBeGreaterThan(1);
    expect(counted('ContextLines')).toBe(chunks);
    expect(counted('ContextInputTokens')).toBeGreaterThan(100);
    expect(counted('ContextOutputTokens')).toBeGreaterThan(5 * chunks);
    expect(counted('ContextCost')).toBeGreaterThan(0);
  }, 60_000);

  test('is not paid for twice', async () => {
    const before = counted('ContextLines');
    await rags.put('Lines', 'again.txt', MINUTES);
    await rags.inState('Lines', 'again.txt', 'indexed');
    expect(counted('ContextLines')).toBe(before);
  }, 60_000);

  test('takes no grant that is not used, and misses none', async () => {
    const [index] = await rags.grants((role) => role.includes('IndexSyncHandler'));
    expect(index).toMatchObject({ denied: [], unknown: [] });
    expect(index.unused.filter(({ action }) => action.startsWith('bedrock:'))).toEqual([]);
  });
});
