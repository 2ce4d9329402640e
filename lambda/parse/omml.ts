import { attribute, childOf, childrenOf, elements, textOf, type XmlElement } from './xml';

const MARKS: Readonly<Record<string, string>> = {
  '\u0302': '\\hat', '\u0303': '\\tilde', '\u0304': '\\bar', '\u0305': '\\bar', '\u0307': '\\dot', '\u0308': '\\ddot', '\u20d7': '\\vec',
};
const NARY: Readonly<Record<string, string>> = { '∑': '\\sum', '∏': '\\prod', '∫': '\\int', '∬': '\\iint', '∮': '\\oint', '⋃': '\\bigcup', '⋂': '\\bigcap' };

/** An equation of Word as LaTeX, which models read; a construct that is not known is written as its parts. */
export function equation(element: XmlElement): string {
  return elements(element).map(part).join('').replace(/\s+/g, ' ').trim();
}

function part(element: XmlElement): string {
  const inner = (name: string) => group(childOf(element, name));
  const setting = (name: string, fallback: string) => attribute(childOf(element, `${element.name}Pr`, name), 'val') ?? fallback;
  switch (element.name) {
    case 'r': return childrenOf(element, 't').map(textOf).join('');
    case 'f': return `\\frac${braced(inner('num'))}${braced(inner('den'))}`;
    case 'sSup': return `${base(inner('e'))}^${braced(inner('sup'))}`;
    case 'sSub': return `${base(inner('e'))}_${braced(inner('sub'))}`;
    case 'sSubSup': return `${base(inner('e'))}_${braced(inner('sub'))}^${braced(inner('sup'))}`;
    case 'sPre': return `{}_${braced(inner('sub'))}^${braced(inner('sup'))}${inner('e')}`;
    case 'rad': return inner('deg') ? `\\sqrt[${inner('deg')}]${braced(inner('e'))}` : `\\sqrt${braced(inner('e'))}`;
    case 'nary': {
      const sign = setting('chr', '∫');
      const limits = (inner('sub') && `_${braced(inner('sub'))}`) + (inner('sup') && `^${braced(inner('sup'))}`);
      return `${NARY[sign] ?? sign}${limits} ${inner('e')}`;
    }
    case 'd': return `\\left${fence(setting('begChr', '('))}${childrenOf(element, 'e').map(group).join(setting('sepChr', '|'))}\\right${fence(setting('endChr', ')'))}`;
    case 'func': return `${functionName(inner('fName'))}${inner('e')}`;
    case 'limLow': return `${inner('e')}_${braced(inner('lim'))}`;
    case 'limUpp': return `${inner('e')}^${braced(inner('lim'))}`;
    case 'acc': return `${MARKS[setting('chr', '\u0302')] ?? '\\hat'}${braced(inner('e'))}`;
    case 'bar': return `\\overline${braced(inner('e'))}`;
    case 'm': return `\\begin{matrix}${childrenOf(element, 'mr').map((row) => childrenOf(row, 'e').map(group).join(' & ')).join(' \\\\ ')}\\end{matrix}`;
    case 'eqArr': return childrenOf(element, 'e').map(group).join(' \\\\ ');
    default: return element.name.endsWith('Pr') ? '' : group(element);
  }
}

function group(element: XmlElement | undefined): string {
  return element ? elements(element).map(part).join('') : '';
}

function braced(text: string): string {
  return `{${text}}`;
}

function base(text: string): string {
  return text.length > 1 ? braced(text) : text;
}

function fence(sign: string): string {
  return sign === '' ? '.' : sign === '{' || sign === '}' ? `\\${sign}` : sign;
}

function functionName(text: string): string {
  const name = /^[a-z]+/i.exec(text)?.[0];
  return name ? `\\${text} ` : `${text} `;
}
