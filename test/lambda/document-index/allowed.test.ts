import { mayRead, NO_CUTTER, NO_SCANS } from '../../../lambda/document-index/allowed';
import { heldBack } from '../../../lambda/document-index/fault';
import { switched } from '../../../lambda/document-index/indexes';
import type { IndexRecipe, Indexes, ReindexPolicy } from '../../../lib/contract/reindexing';

const recipe = (more: Partial<IndexRecipe> = {}) => ({ embedding: { modelId: 'model' }, chunking: { by: 'structure', tokens: 300 }, ...more }) as IndexRecipe;
const CUT = { chunking: { by: 'custom', tokens: 300, functionArn: 'arn:cutter' } } as const;
const LINES = { context: { modelId: 'writer', tokens: 80, documentTokens: 8_000, concurrency: 1, cache: true } };
const SCANS = { scans: { detail: 'layout', pages: 200 } } as const;
const POLICY: ReindexPolicy = { by: 'beside', keepSeconds: 3_600, samples: 20, tolerance: 0, models: ['model'] };

test.each([
  ['a function that cuts', CUT, { chunking: { ...CUT.chunking, functionArn: 'arn:other' } }],
  ['a model that writes lines', LINES, { context: { ...LINES.context, modelId: 'other' } }],
  ['what reads scans', SCANS, { scans: { detail: 'text', pages: 200 } }],
] as [string, Partial<IndexRecipe>, Partial<IndexRecipe>][])('an index that takes %s is read and kept where the template still has it, and nowhere else', (_, own, other) => {
  expect([own, other, {}].map((wanted) => mayRead(recipe(own), recipe(wanted)))).toEqual([true, false, false]);
  expect(mayRead(recipe(), recipe(own))).toBe(true);
  const after = (wanted: Partial<IndexRecipe>) => {
    const known = { old: { recipe: recipe(own), place: 'here', since: 0, ready: false }, next: { recipe: recipe(wanted), place: 'here', since: 0, ready: true } };
    return switched({ answering: 'old', wanted: 'next', known } as Indexes, 'next', POLICY, 1_000).known.old.until;
  };
  expect([after(own), after({})]).toEqual([3_601_000, 61_000]);
});

test('documents wait that would be read by what is not there any more, and none of them is taken out', async () => {
  const error = async (call: Promise<unknown>) => heldBack(await call.catch((failure: unknown) => failure));
  expect(await error(NO_CUTTER({} as never, new AbortController().signal))).toMatchObject({ kind: 'hold', why: 'unavailable' });
  expect(await error(NO_SCANS.begin({ bucket: 'papers', key: 'a.pdf' }, 'token'))).toMatchObject({ kind: 'hold', why: 'throttled' });
  expect(await error(NO_SCANS.read('job', new AbortController().signal))).toMatchObject({ kind: 'hold', why: 'throttled' });
});
