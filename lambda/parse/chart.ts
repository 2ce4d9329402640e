import type { Package } from './office';
import type { MarkdownWriter } from './writer';
import { attribute, childOf, descendantsOf, rootElement, textOf, type XmlElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';

const MOST_SERIES = 100;
const MOST_ROWS = 10_000;

/** A chart's title, and its numbers as a table: a row a category, a column a series. */
export function writeChart(writer: MarkdownWriter, { zip }: Package, part: string | undefined, policy: ParsePolicy): void {
  const chart = rootElement(part ? zip.read(part) : undefined, 'chart', policy);
  if (!chart) return;
  const title = childOf(chart, 'title');
  if (title) writer.paragraph(descendantsOf(title, 't').map(textOf).join(''));
  const series = descendantsOf(chart, 'ser').slice(0, MOST_SERIES).map((one) => ({
    name: pointsOf(childOf(one, 'tx')).join(' '),
    categories: pointsOf(childOf(one, 'cat') ?? childOf(one, 'xVal')),
    values: pointsOf(childOf(one, 'val') ?? childOf(one, 'yVal')),
  }));
  const rows = Math.max(0, ...series.map(({ values }) => values.length));
  if (rows === 0) return;
  const row = (at: number) => [series[0].categories[at] ?? '', ...series.map(({ values }) => values[at] ?? '')];
  writer.table([['', ...series.map(({ name }) => name)], ...Array.from({ length: rows }, (_, at) => row(at))]);
}

function pointsOf(reference: XmlElement | undefined): string[] {
  const values: string[] = [];
  for (const point of reference ? descendantsOf(reference, 'pt') : []) {
    const at = Number(attribute(point, 'idx') ?? values.length);
    if (Number.isInteger(at) && at >= 0 && at < MOST_ROWS) values[at] = textOf(childOf(point, 'v'));
  }
  return Array.from(values, (value) => value ?? '');
}
