import { DeleteKnowledgeBaseDocumentsCommand, IngestKnowledgeBaseDocumentsCommand } from '@aws-sdk/client-bedrock-agent';
import { type LocalKnowledge, startKnowledge } from './local-knowledge';

let local: LocalKnowledge;
afterEach(() => local.stop());

const KEYS = 200;
const uri = (key: string) => `s3://docs/${key}`;

/** Numbers that are the same in each run. */
function dice(seed = 7) {
  return (most: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % most;
  };
}

/** Tells the knowledge base what the bucket says of a key, again and again until it listens. */
async function tell(key: string): Promise<void> {
  for (;;) {
    const identifier = { dataSourceType: 'S3' as const, s3: { uri: uri(key) } };
    const there = local.buckets.find('docs', key);
    const call = there
      ? local.agent.send(new IngestKnowledgeBaseDocumentsCommand({ ...local.ids, documents: [{ content: { dataSourceType: 'S3', s3: { s3Location: { uri: uri(key) } } } }] }))
      : local.agent.send(new DeleteKnowledgeBaseDocumentsCommand({ ...local.ids, documentIdentifiers: [identifier] }));
    const refused = await call.then(() => false, (error: Error) => error.name === 'ThrottlingException' || Promise.reject(error));
    if (!refused) return;
  }
}

test('200 files that come, change and go, with jobs in between, throttles and calls that are repeated, end with the index as the bucket is', async () => {
  local = await startKnowledge();
  local.knowledge.faults.set({ kind: 'throttle', share: 0.3 });
  const roll = dice();
  const lines = new Map<string, Promise<void>>();
  const inLine = (key: string) => lines.set(key, (lines.get(key) ?? Promise.resolve()).then(() => tell(key)));
  const jobs: Promise<unknown>[] = [];
  for (let step = 0; step < 600; step++) {
    const key = `${roll(KEYS)}.txt`;
    if (roll(3) === 0) local.remove(key);
    else local.put(key, `Document ${key} in its state ${step}.`);
    for (let times = 0; times <= roll(2); times++) inLine(key);
    if (step % 100 === 50) jobs.push(local.sync().catch((error: Error) => error.name));
    if (step % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all([...lines.values(), ...jobs]);
  local.knowledge.faults.set();
  await new Promise((resolve) => setTimeout(resolve, 30));

  const present = local.buckets.list('docs', '');
  expect(present.length).toBeGreaterThan(50);
  expect(local.knowledge.indexed()[local.ids.knowledgeBaseId]).toEqual(present.map(([key]) => uri(key)).sort());
  for (const [key, { content }] of present.slice(0, 20)) {
    expect(await local.find(content.toString(), { vectorSearchConfiguration: { numberOfResults: 1 } })).toEqual([uri(key)]);
  }
});
