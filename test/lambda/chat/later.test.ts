import { later } from '../../../lambda/chat/later';
import { collect } from '../fakes/collect';

async function* count(ended: string[]): AsyncGenerator<number, void> {
  try {
    for (let number = 1; number <= 3; number++) yield number;
  } finally {
    ended.push('ended');
  }
}

test('passes on all that comes, and opens when it is first asked', async () => {
  const opened: string[] = [];
  const numbers = later(async () => {
    opened.push('opened');
    return count(opened);
  });
  expect(opened).toEqual([]);
  expect(await collect(numbers)).toMatchObject({ items: [1, 2, 3] });
  expect(opened).toEqual(['opened', 'ended']);
});

test('ends what it opened when nobody listens any more', async () => {
  const ended: string[] = [];
  for await (const number of later(async () => count(ended))) if (number === 2) break;
  expect(ended).toEqual(['ended']);
});

test('fails as its opening does', async () => {
  expect((await collect(later(async () => Promise.reject(new Error('no'))))).error).toMatchObject({ message: 'no' });
});
