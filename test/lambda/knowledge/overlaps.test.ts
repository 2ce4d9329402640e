import fc from 'fast-check';
import { withoutOverlaps } from '../../../lambda/knowledge/overlaps';
import type { Passage } from '../../../lambda/ports/passages';

const TEXT = 'Everybody has thirty days of leave a year. Leave is taken until March. What is left is lost. 🎉 Sick days are not leave.';

const cut = (start: number, end: number, changes: Partial<Passage> = {}, uri = 's3://docs/a.md'): Passage => (
  { id: `${uri} ${start}`, text: TEXT.slice(start, end), score: 0.5, source: { uri, title: 'a', start, end }, metadata: {}, ...changes });
const spans = (passages: readonly Passage[]) => passages.map(({ source: { start, end } }) => [start, end]);

test('passages that overlap become one, where the better one stands and by its name and score', () => {
  const [one, other, far] = [cut(30, 70, { score: 0.9, lead: 'late' }), cut(10, 40, { lead: 'early', score: 0.4 }), cut(90, 100, { score: 0.6 })];
  expect(withoutOverlaps([one, far, other])).toEqual([{ ...one, text: TEXT.slice(10, 70), lead: 'early', source: { ...one.source, start: 10, end: 70 } }, far]);
});

test('one that lies within another adds nothing', () => {
  expect(spans(withoutOverlaps([cut(20, 30), cut(10, 40)]))).toEqual([[10, 40]]);
  expect(withoutOverlaps([cut(10, 40, { lead: 'a' }), cut(10, 30, { lead: 'b' })])).toEqual([cut(10, 40, { lead: 'a' })]);
});

test('one between two others joins them', () => {
  expect(spans(withoutOverlaps([cut(0, 20), cut(90, 99), cut(35, 60), cut(15, 40)]))).toEqual([[0, 60], [90, 99]]);
});

test.each<[string, readonly Passage[]]>([
  ['only touch', [cut(0, 20), cut(20, 40)]],
  ['stand in different documents', [cut(0, 30), cut(20, 40, {}, 's3://docs/b.md')]],
  ['are of different versions of one', [cut(0, 30), cut(20, 40, { text: 'something else entirely'.slice(0, 20) })]],
  ['do not say where they stand', [cut(0, 30, { source: { uri: 's3://docs/a.md', title: 'a' } }), cut(20, 40, { source: { uri: 's3://docs/a.md', title: 'a' } })]],
  ['have offsets that are not of their text', [cut(0, 30, { text: 'short' }), cut(20, 40)]],
])('passages that %s stay as they are', (_, passages) => expect(withoutOverlaps(passages)).toEqual(passages));

test('whatever is picked, each character is told once and none is lost', () => {
  const span = fc.tuple(fc.nat(TEXT.length - 1), fc.integer({ min: 1, max: 40 })).map(([start, long]) => [start, Math.min(TEXT.length, start + long)] as const);
  fc.assert(fc.property(fc.array(span, { maxLength: 12 }), (picked) => {
    const told = withoutOverlaps(picked.map(([start, end]) => cut(start, end)));
    const places = (all: readonly (readonly number[])[]) => all.flatMap(([start, end]) => Array.from({ length: end - start }, (_, at) => start + at));
    const each = places(spans(told) as number[][]);
    expect(new Set(each).size).toBe(each.length);
    expect(new Set(each)).toEqual(new Set(places(picked)));
    for (const { text, source: { start, end } } of told) expect(text).toBe(TEXT.slice(start, end));
  }));
});
