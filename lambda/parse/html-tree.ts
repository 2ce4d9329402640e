import { Parser } from 'htmlparser2';
import type { XmlElement, XmlNode } from './xml';

interface Growing extends XmlElement {
  readonly children: XmlNode[];
}

/** The elements of a page. What stands deeper than `depth` is part of the element at that depth: tags that nobody closed are common. */
export function htmlTree(html: string, depth: number): XmlElement {
  const root: Growing = { name: 'root', attributes: {}, children: [] };
  const open: Growing[] = [root];
  let deeper = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (open.length > depth) {
        deeper++;
        return;
      }
      const element: Growing = { name, attributes, children: [] };
      open.at(-1)?.children.push(element);
      open.push(element);
    },
    ontext(text) {
      const { children } = open.at(-1) ?? root;
      const last = children.length - 1;
      if (typeof children[last] === 'string') children[last] += text;
      else children.push(text);
    },
    onclosetag() {
      if (deeper > 0) deeper--;
      else open.pop();
    },
  }, { decodeEntities: true });
  parser.end(html);
  return root;
}
