import { IngestionFailure } from '../../../lambda/ports/ingestion';
import type { IngestionJobs, JobReport } from '../../../lambda/ports/ingestion-jobs';
import { drainOnDelete } from '../../../lambda/sync-drain/events';
import { FakeClock } from '../fakes/clock';

/** Jobs that end some looks after they were stopped. */
function fakeJobs(running: Record<string, string[]>, { looks = 2 } = {}) {
  const ending = new Map<string, number>();
  const stopped: string[] = [];
  const refusals: IngestionFailure[] = [];
  const jobs: IngestionJobs = {
    async sources() {
      const refusal = refusals.pop();
      if (refusal) throw refusal;
      return Object.keys(running);
    },
    async running(source) {
      return running[source].filter((job) => !ending.has(job));
    },
    async stop(_, job) {
      if (job === 'ENDED') {
        running.A = [];
        throw new IngestionFailure('conflict', 'it has ended');
      }
      stopped.push(job);
      ending.set(job, looks);
    },
    async find(_, jobId) {
      const left = (ending.get(jobId) ?? 0) - 1;
      ending.set(jobId, left);
      return { jobId, standing: left > 0 ? 'working' : 'stopped', indexed: 0, deleted: 0, failed: 0, reasons: [] } satisfies JobReport;
    },
    start: () => Promise.reject(new Error('nobody starts one here')),
  };
  return { jobs, stopped, refusals };
}

/** What CloudFormation tells of a data source that it begins to delete. */
const going = (name: string) => ({
  'source': 'aws.cloudformation',
  'detail-type': 'CloudFormation Resource Status Change',
  'detail': { 'resource-type': 'AWS::Bedrock::DataSource', 'physical-resource-id': name, 'status-details': { status: 'DELETE_IN_PROGRESS' } },
});

function drained(jobs: IngestionJobs, seconds = 300, event: object = { 'detail-type': 'CloudFormation Stack Status Change' }) {
  const bases: string[] = [];
  const jobsOf = (knowledgeBase: string) => {
    bases.push(knowledgeBase);
    return jobs;
  };
  const lines: object[] = [];
  const say = (message: string, fields: object) => void lines.push({ message, ...fields });
  const log = { info: say, error: say };
  const clock = new FakeClock();
  return { clock, lines, bases, done: drainOnDelete(jobsOf, 'BASE', clock, log)(event, { getRemainingTimeInMillis: () => seconds * 1000 }) };
}

test('stops the jobs of every source, and waits until they have ended', async () => {
  const { jobs, stopped } = fakeJobs({ A: ['J1'], B: ['J2', 'J3'], C: [] });
  const { done, lines } = drained(jobs);
  await done;
  expect(stopped).toEqual(['J1', 'J2', 'J3']);
  expect(lines).toEqual([{ message: 'drained', stopped: 3 }]);
});

describe('a data source that an update takes away, or another the place of', () => {
  test('has its job stopped, and the others theirs not', async () => {
    const { jobs, stopped } = fakeJobs({ A: ['J1'], B: ['J2'] });
    const { done, lines, bases } = drained(jobs, 300, going('OLDBASE|B'));
    await done;
    expect(stopped).toEqual(['J2']);
    expect(lines).toEqual([{ message: 'drained', source: 'B', stopped: 1 }]);
    expect(bases).toEqual(['OLDBASE']);
  });

  test('is looked at no longer than its job runs, for nobody begins another', async () => {
    const { clock, done } = drained(fakeJobs({ A: [] }).jobs, 300, going('BASE|A'));
    const began = clock.now();
    await done;
    expect(clock.now()).toBe(began);
  });

  test('may be gone already, or never have been made', async () => {
    const { jobs } = fakeJobs({ A: ['J1'] });
    jobs.running = () => Promise.reject(new IngestionFailure('gone', 'no data source'));
    await drained(jobs, 300, going('BASE|A')).done;
    const never = drained(jobs, 300, going(''));
    await never.done;
    expect(never.bases).toEqual([]);
  });
});

test('looks again after nothing ran, for a message that is under way may begin one more', async () => {
  const running: Record<string, string[]> = { A: [] };
  const { jobs, stopped } = fakeJobs(running);
  const late: IngestionJobs = { ...jobs, sources: async () => { if (++looks === 20) running.A = ['LATE']; return ['A']; } };
  let looks = 0;
  await drained(late).done;
  expect(stopped).toEqual(['LATE']);
});

test('looks no longer than there are sources that a job could run on', async () => {
  const { jobs } = fakeJobs({});
  const { clock, done } = drained(jobs);
  const began = clock.now();
  await done;
  expect(clock.now()).toBe(began);
});

test('a job that ends by itself, and a knowledge base that is gone, are as good as drained', async () => {
  await drained(fakeJobs({ A: ['ENDED'] }).jobs).done;
  const gone = fakeJobs({ A: ['J1'] });
  gone.jobs.sources = () => Promise.reject(new IngestionFailure('gone', 'no knowledge base'));
  await drained(gone.jobs).done;
  expect(gone.stopped).toEqual([]);
});

test('asks again where the service refuses for a moment, and fails on what it may not do', async () => {
  const { jobs, stopped, refusals } = fakeJobs({ A: ['J1'] });
  refusals.push(new IngestionFailure('throttled', 'Rate exceeded'));
  await drained(jobs).done;
  expect(stopped).toEqual(['J1']);
  jobs.sources = () => Promise.reject(new Error('AccessDenied'));
  await expect(drained(jobs).done).rejects.toThrow('AccessDenied');
});

test('fails when its time is over and a job runs still, so that Lambda calls again', async () => {
  const { done, lines } = drained(fakeJobs({ A: ['J1'] }, { looks: 1_000 }).jobs, 30);
  await expect(done).rejects.toThrow('jobs are still at work');
  expect(lines).toMatchObject([{ message: 'not drained' }]);
});
