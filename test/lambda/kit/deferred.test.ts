import { deferred } from '../../../lambda/kit/deferred';

interface Port {
  double(value: number): Promise<number>;
  count(to: number): AsyncIterable<number>;
}

const port: Port = {
  double: async (value) => value * 2,
  async* count(to) {
    for (let value = 1; value <= to; value++) yield value;
  },
};

describe('a port that is loaded when it is needed', () => {
  test('is loaded with the first call, not before', async () => {
    const load = jest.fn(async () => port);
    const lazy = deferred(load);
    expect(load).not.toHaveBeenCalled();
    expect(await lazy.double(4)).toBe(8);
    expect(load).toHaveBeenCalled();
  });

  test('gives what can be iterated over, as far as it is asked for', async () => {
    const seen = [];
    for await (const value of deferred(async () => port).count(1_000_000)) {
      seen.push(value);
      if (value === 3) break;
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  test('tells of a failure where the result is waited for, and where it is iterated over', async () => {
    const broken = deferred<Port>(async () => {
      throw new Error('gone');
    });
    await expect(broken.double(1)).rejects.toThrow('gone');
    await expect((async () => {
      for await (const _ of broken.count(1));
    })()).rejects.toThrow('gone');
  });
});
