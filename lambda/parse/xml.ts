import { Parser } from 'htmlparser2';
import type { ParsePolicy } from '../../lib/contract/parsing';
import { ParseFailure } from '../ports/parsing';

/** An element of XML. Names are without their prefix, but for those of attributes, which are as written. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
}

export type XmlNode = XmlElement | string;

interface Growing extends XmlElement {
  readonly children: XmlNode[];
}

/** As much at once: a document that grows too large is noticed soon after. */
const STEP = 65_536;

/**
 * Calls `take` for each element of these names when it is complete, and holds no more than one of them: a book is read paragraph by paragraph.
 * One within another is part of it. Entities that a document declares are not looked at, so that none of them grows.
 */
export function eachElement(xml: Buffer | undefined, names: readonly string[], policy: ParsePolicy, take: (element: XmlElement) => void): void {
  if (!xml) return;
  const wanted = new Set(names);
  const open: Growing[] = [];
  let depth = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (++depth > policy.depth) throw new ParseFailure('tooLarge', `elements stand within each other more than ${policy.depth} deep`);
      const local = localName(name);
      if (open.length === 0 && !wanted.has(local)) return;
      const element: Growing = { name: local, attributes, children: [] };
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    ontext(text) {
      const children = open.at(-1)?.children;
      if (!children) return;
      const last = children.length - 1;
      if (typeof children[last] === 'string') children[last] += text;
      else children.push(text);
    },
    onclosetag() {
      depth--;
      const element = open.pop();
      if (element && open.length === 0) take(element);
    },
  }, { xmlMode: true, decodeEntities: true });
  const text = decodeXml(xml);
  for (let at = 0; at < text.length; at += STEP) parser.write(text.slice(at, at + STEP));
  parser.end();
}

/** The first element of this name as a whole; undefined where there is none. */
export function rootElement(xml: Buffer | undefined, name: string, policy: ParsePolicy): XmlElement | undefined {
  let found: XmlElement | undefined;
  eachElement(xml, [name], policy, (element) => { found ??= element; });
  return found;
}

export function elements({ children }: XmlElement): XmlElement[] {
  return children.filter((child): child is XmlElement => typeof child !== 'string');
}

export function childrenOf(element: XmlElement | undefined, name: string): XmlElement[] {
  return element ? elements(element).filter((child) => child.name === name) : [];
}

/** The element at the end of a path of names. */
export function childOf(element: XmlElement | undefined, ...path: string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => at && elements(at).find((child) => child.name === name), element);
}

/** All of this name below an element, in order; what is within one that was found is not looked through again. */
export function descendantsOf(element: XmlElement, name: string): XmlElement[] {
  return elements(element).flatMap((child) => child.name === name ? [child] : descendantsOf(child, name));
}

/** An attribute by its name with or without a prefix. */
export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  if (!element) return undefined;
  if (element.attributes[name] !== undefined) return element.attributes[name];
  const key = Object.keys(element.attributes).find((other) => other.endsWith(`:${name}`));
  return key === undefined ? undefined : element.attributes[key];
}

export function textOf(element: XmlElement | undefined): string {
  return element ? element.children.map((child) => typeof child === 'string' ? child : textOf(child)).join('') : '';
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** UTF-8, or UTF-16 by its mark: XML in office documents is nothing else. */
function decodeXml(xml: Buffer): string {
  const encoding = xml[0] === 0xff && xml[1] === 0xfe ? 'utf-16le' : xml[0] === 0xfe && xml[1] === 0xff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(xml);
}
