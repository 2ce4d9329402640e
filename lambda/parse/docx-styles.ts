import type { Package } from './office';
import { attribute, childOf, childrenOf, eachElement, elements, type XmlElement } from './xml';
import type { ParsePolicy } from '../../lib/contract/parsing';

/** What a paragraph is, by its style and its own settings. */
export interface Look {
  /** Of a heading, from 1. */
  readonly heading?: number;
  readonly list?: ListPlace;
  readonly kind?: 'code' | 'contents';
}

export interface ListPlace {
  readonly id: string;
  readonly level: number;
}

interface Style {
  readonly name: string;
  readonly basedOn?: string;
  readonly outline?: number;
  readonly list?: { readonly id?: string; readonly level?: number };
}

const HEADING_NAME = /^(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|nagłówek|заголовок|見出し|标题)\s*([1-9])$/i;
const CODE_NAME = /^(?:source code|code|code ?block|html preformatted|preformatted text|macro text|verbatim|listing)$/i;
/** A style that stands on itself. */
const MOST_BASES = 20;

/** The styles of a document, and what they make of its paragraphs. */
export class Styles {
  private readonly styles = new Map<string, Style>();

  constructor({ zip, main, relationsOf }: Package, policy: ParsePolicy) {
    const [part = 'word/styles.xml'] = relationsOf(main).ofKind('styles');
    eachElement(zip.read(part), ['style'], policy, (element) => {
      const properties = childOf(element, 'pPr');
      const numbering = childOf(properties, 'numPr');
      this.styles.set(attribute(element, 'styleId') ?? '', {
        name: attribute(childOf(element, 'name'), 'val') ?? '',
        basedOn: attribute(childOf(element, 'basedOn'), 'val'),
        outline: whole(attribute(childOf(properties, 'outlineLvl'), 'val')),
        ...numbering && { list: placeOf(numbering) },
      });
    });
  }

  lookOf(properties: XmlElement | undefined): Look {
    const chain = this.chain(attribute(childOf(properties, 'pStyle'), 'val'));
    const names = chain.map(({ name }) => name);
    if (/^(?:toc|table of contents) ?\d*$/i.test(names[0] ?? '')) return { kind: 'contents' };
    const own = childOf(properties, 'numPr');
    const places = [...own ? [placeOf(own)] : [], ...chain.flatMap(({ list }) => list ?? [])];
    const id = places.find((place) => place.id !== undefined)?.id;
    const list = id !== undefined && id !== '0' ? { id, level: places.find(({ level }) => level !== undefined)?.level ?? 0 } : undefined;
    const heading = headingOf(names) ?? outlined(whole(attribute(childOf(properties, 'outlineLvl'), 'val')) ?? chain.find(({ outline }) => outline !== undefined)?.outline);
    return { ...heading && { heading }, ...list && { list }, ...names.some((name) => CODE_NAME.test(name)) && { kind: 'code' } };
  }

  private chain(id: string | undefined): Style[] {
    const chain: Style[] = [];
    for (let style = this.styles.get(id ?? ''); style && chain.length < MOST_BASES; style = this.styles.get(style.basedOn ?? '')) chain.push(style);
    return chain;
  }
}

function headingOf(names: readonly string[]): number | undefined {
  if (/^title$/i.test(names[0] ?? '')) return 1;
  const level = names.map((name) => HEADING_NAME.exec(name)?.[1]).find(Boolean);
  return level === undefined ? undefined : Number(level);
}

function outlined(level: number | undefined): number | undefined {
  return level === undefined || level > 8 ? undefined : level + 1;
}

function placeOf(numbering: XmlElement): { readonly id?: string; readonly level?: number } {
  return { id: attribute(childOf(numbering, 'numId'), 'val'), level: whole(attribute(childOf(numbering, 'ilvl'), 'val')) };
}

function whole(value: string | undefined): number | undefined {
  const number = Number.parseInt(value ?? '', 10);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}

interface Level {
  readonly format: string;
  readonly text: string;
  readonly start: number;
}

/** The numbers of lists and headings, counted as the document goes. */
export class Numbering {
  private readonly lists = new Map<string, { readonly base: string; readonly levels: Map<number, Level> }>();
  private readonly counts = new Map<string, number[]>();

  constructor({ zip, main, relationsOf }: Package, policy: ParsePolicy) {
    const bases = new Map<string, Map<number, Level>>();
    const [part = 'word/numbering.xml'] = relationsOf(main).ofKind('numbering');
    eachElement(zip.read(part), ['abstractNum', 'num'], policy, (element) => {
      if (element.name === 'abstractNum') {
        bases.set(attribute(element, 'abstractNumId') ?? '', new Map(childrenOf(element, 'lvl').map((level) => [whole(attribute(level, 'ilvl')) ?? 0, levelOf(level)])));
        return;
      }
      const base = attribute(childOf(element, 'abstractNumId'), 'val') ?? '';
      const levels = new Map(bases.get(base));
      const overrides = childrenOf(element, 'lvlOverride');
      for (const override of overrides) {
        const at = whole(attribute(override, 'ilvl')) ?? 0;
        const level = childOf(override, 'lvl') ? levelOf(childOf(override, 'lvl') as XmlElement) : levels.get(at);
        const start = whole(attribute(childOf(override, 'startOverride'), 'val'));
        if (level) levels.set(at, { ...level, ...start !== undefined && { start } });
      }
      const id = attribute(element, 'numId') ?? '';
      this.lists.set(id, { base: overrides.length > 0 ? `${base}/${id}` : base, levels });
    });
  }

  /** What stands before the next item at this place: `2.1`, `a)`; '' for a bullet. */
  next({ id, level }: ListPlace): string {
    const list = this.lists.get(id);
    const at = list?.levels.get(level);
    if (!list || !at || at.format === 'bullet' || at.format === 'none') return '';
    const counts = this.counts.get(list.base) ?? [];
    this.counts.set(list.base, counts);
    counts[level] = (counts[level] ?? at.start - 1) + 1;
    counts.length = level + 1;
    return at.text.replace(/%(\d)/g, (_, digit: string) => {
      const over = Number(digit) - 1;
      const shown = list.levels.get(over);
      return numeral(counts[over] ?? shown?.start ?? 1, shown?.format ?? 'decimal');
    });
  }
}

function levelOf(level: XmlElement): Level {
  return {
    format: attribute(childOf(level, 'numFmt'), 'val') ?? elements(level).flatMap((child) => attribute(childOf(child, 'numFmt'), 'val') ?? [])[0] ?? 'decimal',
    text: attribute(childOf(level, 'lvlText'), 'val') ?? '',
    start: whole(attribute(childOf(level, 'start'), 'val')) ?? 1,
  };
}

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'], [900, 'cm'], [500, 'd'], [400, 'cd'], [100, 'c'], [90, 'xc'], [50, 'l'], [40, 'xl'], [10, 'x'], [9, 'ix'], [5, 'v'], [4, 'iv'], [1, 'i'],
];

function numeral(number: number, format: string): string {
  if (format.endsWith('Letter')) {
    const letter = String.fromCharCode(97 + (number - 1) % 26).repeat(Math.min(Math.floor((number - 1) / 26) + 1, 9));
    return format === 'upperLetter' ? letter.toUpperCase() : letter;
  }
  if (format.endsWith('Roman') && number < 4_000) {
    let left = number;
    const roman = ROMAN.map(([value, sign]) => {
      const times = Math.floor(left / value);
      left -= times * value;
      return sign.repeat(times);
    }).join('');
    return format === 'upperRoman' ? roman.toUpperCase() : roman;
  }
  return format === 'decimalZero' ? String(number).padStart(2, '0') : String(number);
}
