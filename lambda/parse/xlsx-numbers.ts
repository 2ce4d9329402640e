import { attribute, childrenOf, eachElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';

/** How numbers of a style are shown, as far as it changes what they say. */
export type NumberFormat = 'plain' | 'date' | 'time' | 'dateTime' | 'percent';

/** Formats that every workbook has without naming them. */
const BUILT_IN: Readonly<Record<number, NumberFormat>> = {
  9: 'percent', 10: 'percent', 14: 'date', 15: 'date', 16: 'date', 17: 'date', 18: 'time', 19: 'time', 20: 'time', 21: 'time', 22: 'dateTime', 45: 'time', 46: 'time', 47: 'time',
};

const DAY = 86_400_000;
/** Days from 1899-12-30, where Excel's count begins but for its first two months, to 1970. */
const TO_1970 = 25_569;
const FROM_1904 = 1_462;

/** By the index that cells name. */
export function numberFormats(styles: Buffer | undefined, policy: ParsePolicy): NumberFormat[] {
  const custom = new Map<number, NumberFormat>();
  const formats: NumberFormat[] = [];
  eachElement(styles, ['numFmt', 'cellXfs'], policy, (element) => {
    if (element.name === 'numFmt') {custom.set(Number(attribute(element, 'numFmtId')), formatOf(attribute(element, 'formatCode') ?? ''));} else {
      for (const style of childrenOf(element, 'xf')) {
        const id = Number(attribute(style, 'numFmtId') ?? 0);
        formats.push(custom.get(id) ?? BUILT_IN[id] ?? 'plain');
      }
    }
  });
  return formats;
}

function formatOf(code: string): NumberFormat {
  const signs = code.split(';')[0].replace(/"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '').toLowerCase();
  if (signs.includes('%')) return 'percent';
  const day = /[dy]/.test(signs);
  const hour = /[hs]/.test(signs);
  if (day || (signs.includes('m') && !hour && !/[0#?]/.test(signs))) return day && hour ? 'dateTime' : 'date';
  return hour ? 'time' : 'plain';
}

/** A number as a reader sees it: dates by ISO 8601, shares as percent, others without the dust of binary fractions. */
export function cellNumber(value: string, format: NumberFormat, from1904: boolean): string {
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  if (format === 'percent') return `${tidy(number * 100)}%`;
  if (format === 'plain') return tidy(number);
  const days = number + (from1904 ? FROM_1904 : 0);
  const date = new Date(Math.round((days - TO_1970) * DAY / 1000) * 1000);
  if (days < 0 || Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return tidy(number);
  const [day, time] = date.toISOString().slice(0, 19).split('T');
  if (format === 'time' && number < 1) return time;
  return time === '00:00:00' ? day : `${day} ${time}`;
}

function tidy(number: number): string {
  return String(Number(number.toPrecision(15)));
}
