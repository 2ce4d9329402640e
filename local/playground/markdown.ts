import { h } from './dom';

interface Block {
  readonly kind: 'code' | 'heading' | 'bullets' | 'numbers' | 'text';
  readonly lines: string[];
  /** A fence's language, a numbered list's first number. */
  readonly label?: string;
}

const FENCE = /^\s*```\s*([\w+#.-]*)\s*$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const BULLET = /^\s*[-*+]\s/;
const NUMBER = /^\s*(\d{1,9})[.)]\s/;
const MARKER = /^\s*(?:[-*+]|\d{1,9}[.)])\s+/;

/** What each shown block was built from. */
const sources = new WeakMap<Element, string>();

/**
 * Shows the little Markdown that models write: fences, inline code, bold, headings, lists. All else stays the text it is, and
 * links stay text on purpose. While an answer streams in only blocks that changed are built anew, so a selection survives.
 */
export function showMarkdown(target: HTMLElement, text: string): void {
  const blocks = blocksOf(text);
  blocks.forEach((block, index) => {
    const source = JSON.stringify(block);
    const shown = target.children.item(index);
    if (shown && sources.get(shown) === source) {
      return;
    }
    const element = elementOf(block);
    sources.set(element, source);
    if (shown) {
      shown.replaceWith(element);
    } else {
      target.append(element);
    }
  });
  while (target.children.length > blocks.length) {
    target.lastElementChild?.remove();
  }
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let fence: Block | undefined;
  let open: Block | undefined;
  for (const line of text.split('\n')) {
    const edge = FENCE.exec(line);
    if (fence) {
      if (edge && !edge[1]) {
        fence = undefined;
      } else {
        fence.lines.push(line);
      }
      continue;
    }
    if (edge) {
      fence = { kind: 'code', label: edge[1], lines: [] };
      blocks.push(fence);
      open = undefined;
      continue;
    }
    const kind = kindOf(line);
    if (isList(open) && /^\s{2,}\S/.test(line)) {
      // What is indented belongs to the item above it.
      open.lines.push(line);
    } else if (!line.trim()) {
      // A blank line ends a paragraph, while a list may breathe.
      open = open?.kind === 'text' ? undefined : open;
    } else if (open?.kind === kind && kind !== 'heading') {
      open.lines.push(line);
    } else {
      open = { kind, lines: [line], ...(kind === 'numbers' && { label: NUMBER.exec(line)![1] }) };
      blocks.push(open);
    }
  }
  return blocks;
}

function isList(block: Block | undefined): block is Block {
  return block?.kind === 'bullets' || block?.kind === 'numbers';
}

function kindOf(line: string): Block['kind'] {
  if (HEADING.test(line)) {
    return 'heading';
  }
  if (BULLET.test(line)) {
    return 'bullets';
  }
  return NUMBER.test(line) ? 'numbers' : 'text';
}

function elementOf(block: Block): HTMLElement {
  switch (block.kind) {
    case 'code':
      return h('pre', { 'tabindex': '0', 'aria-label': block.label ? `Code, ${block.label}` : 'Code' }, h('code', {}, block.lines.join('\n')));
    case 'heading':
      return h('p', { class: 'heading' }, ...inline(HEADING.exec(block.lines[0])![1]));
    case 'bullets':
      return h('ul', {}, ...itemsOf(block.lines));
    case 'numbers':
      return h('ol', { start: block.label }, ...itemsOf(block.lines));
    case 'text':
      return h('p', {}, ...inline(block.lines.join('\n')));
  }
}

function itemsOf(lines: readonly string[]): HTMLElement[] {
  const items: { head: string; rest: string[] }[] = [];
  for (const line of lines) {
    if (/^\s{2,}/.test(line) && items.length > 0) {
      items[items.length - 1].rest.push(line.replace(/^\s{2,4}/, ''));
    } else {
      items.push({ head: line.replace(MARKER, ''), rest: [] });
    }
  }
  return items.map(({ head, rest }) => h('li', {}, ...inline(head), ...blocksOf(rest.join('\n')).map(elementOf)));
}

function inline(text: string): (Node | string)[] {
  return text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).filter((part) => part !== '').map((part) => {
    if (/^`[^`]+`$/.test(part)) {
      return h('code', {}, part.slice(1, -1));
    }
    return /^\*\*[^*]+\*\*$/.test(part) ? h('strong', {}, part.slice(2, -2)) : part;
  });
}
