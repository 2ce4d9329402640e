/** Offsets of a piece in its text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const SEPARATORS = ['\n\n', '\n', ' ', ''];

/**
 * The splitter that most people start with, as LangChain documents it: split at the first separator that is there, put pieces together as long as
 * they fit, and split what does not fit by the next separator. A separator stays at the head of what follows it; chunks are trimmed.
 */
export function recursive(text: string, most: number, tokens: (text: string) => number, separators: readonly string[] = SEPARATORS): Span[] {
  return split(text, { start: 0, end: text.length }, most, tokens, separators);
}

function split(text: string, { start, end }: Span, most: number, tokens: (text: string) => number, separators: readonly string[]): Span[] {
  const part = text.slice(start, end);
  const place = separators.findIndex((separator) => separator === '' || part.includes(separator));
  const separator = separators[place] ?? '';
  const rest = separators.slice(place + 1);
  const chunks: Span[] = [];
  let good: Span[] = [];
  const flush = () => {
    chunks.push(...merge(text, good, most, tokens));
    good = [];
  };
  for (const piece of pieces(part, separator, start)) {
    if (tokens(text.slice(piece.start, piece.end)) < most) {
      good.push(piece);
      continue;
    }
    flush();
    chunks.push(...(separator === '' || rest.length === 0 ? [piece] : split(text, piece, most, tokens, rest)));
  }
  flush();
  return chunks;
}

function pieces(part: string, separator: string, offset: number): Span[] {
  if (separator === '') return [...part].reduce<Span[]>((spans, char) => [...spans, { start: spans.at(-1)?.end ?? offset, end: (spans.at(-1)?.end ?? offset) + char.length }], []);
  const cuts = [0];
  for (let at = part.indexOf(separator); at >= 0; at = part.indexOf(separator, at + separator.length)) if (at > 0) cuts.push(at);
  return cuts.map((at, index) => ({ start: offset + at, end: offset + (cuts[index + 1] ?? part.length) }));
}

function merge(text: string, parts: readonly Span[], most: number, tokens: (text: string) => number): Span[] {
  const chunks: Span[] = [];
  let from = 0;
  let total = 0;
  const close = (to: number) => {
    if (to > from) chunks.push({ start: parts[from].start, end: parts[to - 1].end });
  };
  parts.forEach((part, at) => {
    const length = tokens(text.slice(part.start, part.end));
    if (total + length > most) {
      close(at);
      from = at;
      total = 0;
    }
    total += length;
  });
  close(parts.length);
  return chunks.flatMap((chunk) => trimmedSpan(text, chunk) ?? []);
}

function trimmedSpan(text: string, { start, end }: Span): Span | undefined {
  const part = text.slice(start, end);
  const lead = part.length - part.trimStart().length;
  return part.trim() === '' ? undefined : { start: start + lead, end: start + lead + part.trim().length };
}
