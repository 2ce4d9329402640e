import { PassThrough, Writable } from 'node:stream';
import { writeFrames } from '../../../lambda/kit/stream';

const failure = (error: unknown) => `failed: ${(error as Error).message}\n`;

test('opens the answer with its first frame and not before', async () => {
  const order: string[] = [];
  const { stream, received } = sink();
  await writeFrames(frames(async function* () {
    order.push('asked');
    yield 'a';
    yield 'b';
  }), { failure, open: () => (order.push('opened'), stream) });
  expect([order, received()]).toEqual([['asked', 'opened'], 'ab']);
});

test('leaves an error before the first frame to its caller', async () => {
  const open = jest.fn();
  await expect(writeFrames(frames(async function* () {
    throw new Error('no');
  }), { failure, open })).rejects.toThrow('no');
  expect(open).not.toHaveBeenCalled();
});

test('ends with the failure when frames break off', async () => {
  const { stream, received } = sink();
  await writeFrames(frames(async function* () {
    yield 'a\n';
    throw new Error('no');
  }), { failure, open: () => stream });
  expect(received()).toBe('a\nfailed: no\n');
});

test('says something while nothing comes, even before the first frame', async () => {
  const { stream, received } = sink();
  await writeFrames(frames(async function* () {
    await new Promise((resolve) => setTimeout(resolve, 60));
    yield 'a';
  }), { failure, open: () => stream, silenceMs: 20 });
  expect(received()).toMatch(/^(: working on it\n\n)+a$/);
});

test('takes all frames of a caller who hung up', async () => {
  const taken: number[] = [];
  const stream = new PassThrough();
  await writeFrames(frames(async function* () {
    for (let frame = 0; frame < 5; frame++) {
      taken.push(frame);
      yield 'x';
      if (frame === 1) stream.destroy(new Error('ECONNRESET'));
      await new Promise(setImmediate);
    }
  }), { failure, open: () => stream });
  expect(taken).toEqual([0, 1, 2, 3, 4]);
});

test('waits for a slow reader, and not for one who has gone', async () => {
  const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void setTimeout(done, 5) });
  let written = 0;
  await writeFrames(frames(async function* () {
    for (; written < 3; written++) {
      expect(slow.writableLength).toBe(0);
      yield 'xx';
    }
  }), { failure, open: () => slow });
  const stuck = new Writable({ highWaterMark: 1, write: () => undefined });
  setTimeout(() => stuck.destroy(), 10);
  await writeFrames(frames(async function* () {
    yield 'xx';
    yield 'xx';
  }), { failure, open: () => stuck });
  expect(written).toBe(3);
});

test('does not wait for ever for a reader who has fallen asleep', async () => {
  const asleep = new Writable({ highWaterMark: 1, write: () => undefined });
  let taken = 0;
  const writing = writeFrames(frames(async function* () {
    for (; taken < 3; taken++) yield 'xx';
  }), { failure, open: () => asleep, patienceMs: 20 });
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(taken).toBe(3);
  await writing;
  expect(asleep.destroyed).toBe(true);
});

test('hangs up on a reader who takes nothing of a short answer, and on none who takes it slowly', async () => {
  const asleep = new Writable({ write: () => undefined });
  await writeFrames(frames(async function* () {
    yield 'xx';
  }), { failure, open: () => asleep, patienceMs: 20 });
  expect(asleep.destroyed).toBe(true);
  const taken: string[] = [];
  const slow = new Writable({
    write: (chunk, _encoding, done) => void setTimeout(() => {
      taken.push(String(chunk));
      done();
    }, 15),
  });
  await writeFrames(frames(async function* () {
    for (let frame = 0; frame < 6; frame++) yield String(frame);
  }), { failure, open: () => slow, patienceMs: 40 });
  expect(taken.join('')).toBe('012345');
});

function frames(produce: () => AsyncGenerator<string>) {
  return produce();
}

function sink() {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, received: () => Buffer.concat(chunks).toString() };
}
