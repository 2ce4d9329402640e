import { readArguments } from '../../bench/arguments';
import { Refusal } from '../../bench/data';
import type { Row } from '../../bench/row';
import { bench } from '../../bench/run';

test('options are read beside names of rows, and --runs as a number or as names of files', () => {
  expect(readArguments(['chunking', '--tokens', '200', '--runs', '5'])).toMatchObject({ names: ['chunking'], options: { tokens: 200, runs: 5, runFiles: undefined } });
  expect(readArguments(['fusion', '--runs', 'a.json', 'b.json', '--qrels=q.tsv', '--json'])).toMatchObject({ names: ['fusion'], options: { runFiles: ['a.json', 'b.json'], qrels: 'q.tsv', json: true } });
});

test.each([
  [['parsing', '--file', 'x'], "There is no option '--file', there are --runs, --json"],
  [['parsing', '--files'], "'--files' must have a value behind it, got none"],
  [['parsing', '--files='], "'--files' must have a value behind it, got none"],
  [['parsing', '--files', '--json'], "'--files' must have a value behind it, got --json"],
  [['fusion', '--runs', '--qrels', 'x'], "'--runs' must have a value behind it, got --qrels"],
  [['size', '--check=yes'], "'--check' takes no value, got yes"],
  [['chunking', '--tokens', '3'], "'--tokens' must be a whole number from 20, got 3"],
  [['size', '--runs', '0'], "'--runs' must be a whole number from 1, got 0"],
])('refuses %j in one line', (given, said) => {
  expect(() => readArguments(given)).toThrow(Refusal);
  expect(() => readArguments(given)).toThrow(new RegExp(`^${said.replace(/[[\]$]/g, '\\$&')}.*$`));
});

describe('what the process ends with', () => {
  const row = (run: Row['run'], needs?: Row['needs']): Row => ({ name: 'row', title: 'a row', needs, run });
  const told = () => jest.mocked(console.error).mock.calls.flat().join('\n');
  beforeEach(() => { for (const name of ['log', 'error'] as const) jest.spyOn(console, name).mockImplementation(); });
  afterEach(() => jest.restoreAllMocks());
  const missing = (goal: number) => row(async () => ({ figures: [{ name: 'a figure', value: 1, unit: '', goal, kind: 'check' }] }));

  test('0 where checks hold, 1 where one does not', async () => expect([await bench([missing(1)], ['row']), await bench([missing(0)], ['row'])]).toEqual([0, 1]));

  test('2 where a row refuses what it was given, and one line without a stack', async () => {
    expect(await bench([row(async () => { throw new Refusal("'--files' must be a folder"); })], ['row'])).toBe(2);
    expect(told()).toBe("'--files' must be a folder");
  });

  test('2 for an option or a row that there is not, and for one that a row lacks', async () => {
    expect(await bench([missing(1)], ['--file', 'x'])).toBe(2);
    expect(await bench([missing(1)], ['rows'])).toBe(2);
    expect(await bench([row(missing(1).run, ['files'])], ['row'])).toBe(2);
    expect(told()).toMatch(/^There is no option '--file'.*\nThere is no row 'rows'\.[^]*'row' needs --files/);
  });

  test('a defect keeps its stack', () => expect(bench([row(async () => { throw new TypeError('a defect'); })], ['row'])).rejects.toThrow(TypeError));
});
