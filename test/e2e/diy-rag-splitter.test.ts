import { Duration } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { runRags } from './run-rags';
import { Splitter } from '../../lib/diy-rag';

/** A chunk a line; a document may ask it to misbehave. */
const BY_LINE = `exports.handler = async ({ version, document: { text, title, blocks } }) => {
  if (version !== 1 || title !== 'By lines' || blocks.length === 0) throw new Error('not asked as it was agreed');
  if (text.includes('nonsense')) return { chunks: [{ start: 4, end: 1 }] };
  return { chunks: [...text.matchAll(/[^\\n]+/g)].map(({ 0: line, index }) => ({ start: index, end: index + line.length })) };
};`;

describe('a function of the user\'s that cuts documents', () => {
  const rags = runRags((stackOf) => ({
    Own: {
      splitter: Splitter.custom(new LambdaFunction(stackOf('Own'), 'Splitter', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline(BY_LINE), timeout: Duration.seconds(10) })),
    },
  }));

  test('says where each chunk begins and ends', async () => {
    const [text, canteen] = ['# By lines\n\nEverybody has thirty days of leave.\n\nThe canteen opens at noon.\n', 'The canteen opens at noon.'];
    await rags.put('Own', 'lines.md', text);
    expect(await rags.inState('Own', 'lines.md', 'indexed')).toMatchObject({ chunks: 3, chunks_written: 3 });
    const [best] = await rags.passages('Own', 'When does the canteen open?');
    expect(best).toMatchObject({ text: canteen, source: { start: text.indexOf(canteen), end: text.indexOf(canteen) + canteen.length } });
  }, 60_000);

  test('fails a document where its answer makes no sense, and says so', async () => {
    await rags.put('Own', 'nonsense.md', '# By lines\n\nnonsense\n');
    const { reason } = await rags.inState('Own', 'nonsense.md', 'failed');
    expect(reason).toMatch(/must give 'start' and 'end' of chunk 0 as whole numbers from 0 to \d+, the end behind the start, got {"start":4,"end":1}/);
  }, 60_000);

  test('is all that may be called, and is called', async () => {
    const [index] = await rags.grants((role) => role.includes('IndexSyncHandler'));
    expect(index).toMatchObject({ denied: [], unknown: [] });
    expect(index.unused.filter(({ action }) => action.startsWith('lambda:'))).toEqual([]);
  });
});
