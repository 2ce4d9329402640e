import { lazyObjects } from '../../../lambda/kit/lazy-objects';
import type { Objects } from '../../../lambda/ports/objects';

const found = { find: async (key: string) => ({ bytes: key.length }) } as unknown as Objects;

test('loads what it is asked for once, when it is first asked', async () => {
  const load = jest.fn(async () => found);
  const objects = lazyObjects(load);
  expect(load).not.toHaveBeenCalled();
  expect(await Promise.all([objects.find('a'), objects.find('ab')])).toEqual([{ bytes: 1 }, { bytes: 2 }]);
  expect(load).toHaveBeenCalledTimes(1);
});

test('tries again after a load that failed', async () => {
  const load = jest.fn(async () => found).mockRejectedValueOnce(new Error('no part'));
  const objects = lazyObjects(load);
  await expect(objects.find('a')).rejects.toThrow('no part');
  expect(await objects.find('a')).toEqual({ bytes: 1 });
});
