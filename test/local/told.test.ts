import { told } from '../../local/told';

test('what is told takes the place of what was told before, and is shown', () => {
  const known = { current: [] as readonly number[], set: (...wanted: readonly number[]) => void (known.current = wanted) };
  const { '/local/numbers': tell } = told('/local/numbers', known);
  expect([tell([1, 2]), tell([3]), tell([])]).toEqual([[1, 2], [3], []]);
});

test.each([[{ sql: 'SELECT 1' }, 'an object'], ['SELECT 1', 'a string'], [null, 'null'], [7, 'a number']])('refuses %j, which is no list', (wanted, got) => {
  const set = jest.fn();
  expect(() => told('/local/rows', { current: [], set })['/local/rows'](wanted)).toThrow(`the body must be a list, [ … ], got ${got}: put what is told into brackets`);
  expect(set).not.toHaveBeenCalled();
});
