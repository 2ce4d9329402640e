import { Duration } from 'aws-cdk-lib';
import { emittedMetrics } from './emitted-metrics';
import { runRags, until } from './run-rags';
import { type DiyRagProps, EmbeddingModel, Reindexing, Splitter } from '../../lib';

const LEAVE = 'Everybody has thirty days of leave a year.';
const LONG = Array.from({ length: 40 }, (_, at) => `Rule number ${at} of the company says what to do on day ${at} of the year.`).join(' ');
const reindexing = Reindexing.blueGreen({ keep: Duration.minutes(1) });
const BEFORE: DiyRagProps = { documents: { reindexing } };
const AFTER: DiyRagProps = {
  documents: { reindexing }, splitter: Splitter.sentences({ tokens: 40 }), embedding: EmbeddingModel.foundation('amazon.titan-embed-text-v2:0', { dimension: 256 }),
};

describe('another way of reading, deployed over the one that answers', () => {
  const rags = runRags(() => ({ Rules: BEFORE }));
  const ask = (message: object) => rags.tellQueue('Rules', message);
  const indexes = async (): Promise<any[]> => (await rags.call('Rules', 'v1/indexes')).data;
  const answering = (all: any[]) => all.find(({ state }) => state === 'answering');
  const found = () => rags.passages('Rules', 'How many days of leave?');

  test('is built beside it, compared, answers, is rolled back and answered from again, and the old one goes', async () => {
    await rags.put('Rules', 'leave.md', `# Leave\n\n${LEAVE} ${LONG}\n`);
    await rags.put('Rules', 'rules.md', `# Rules\n\n${LONG}\n`);
    await until(() => rags.call('Rules', 'v1/documents?state=indexed'), ({ data }) => data.length === 2);
    const [old] = await indexes();
    expect(old).toMatchObject({ state: 'answering', dimension: 1_024 });
    const [{ text: before }] = await found();

    // Asked all the while, nobody is told that nothing is found.
    let asking = true;
    const answers: number[] = [];
    const asked = (async () => {
      while (asking) {
        answers.push((await found()).length);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    })();
    await rags.redeploy(() => ({ Rules: AFTER }));
    const built = await until(indexes, (all) => answering(all)?.dimension === 256);
    expect(built.find(({ id }) => id === old.id)).toMatchObject({ state: 'kept' });
    expect(answering(built)).toMatchObject({ compared: { documents: 2, meaning: { before: 1, now: 1 } } });
    await until(found, ([{ text }]) => text !== before && text.includes('thirty days'));

    await until(indexes, (all) => all.some(({ id, in_step: inStep }) => id === old.id && inStep));
    await ask({ rollback: true });
    await until(indexes, (all) => answering(all)?.id === old.id);
    await until(found, ([{ text }]) => text === before);
    await ask({ switch: true });
    await until(indexes, (all) => answering(all)?.dimension === 256);
    await until(indexes, (all) => all.length === 1, 150);
    asking = false;
    await asked;
    expect(Math.min(...answers)).toBeGreaterThan(0);
    expect(emittedMetrics(rags.cloud).map(({ name }) => name)).toEqual(expect.arrayContaining(['IndexBuilds', 'IndexRollbacks', 'DocumentsToReindex']));
  }, 300_000);

  test('with grants that are used, of which none is missing', async () => {
    const [{ denied, unknown, unused }] = await rags.grants((role) => role.includes('IndexSync'));
    const ofReindexing = ['s3vectors:DeleteIndex', 's3vectors:QueryVectors', 'dynamodb:Scan', 'dynamodb:DeleteItem', 's3:GetObject'];
    expect([denied, unknown, unused.filter(({ action }) => ofReindexing.includes(action))]).toEqual([[], [], []]);
  });
});
