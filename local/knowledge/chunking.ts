import type { Chunking } from './definition';
import { cosine, embed } from './embedding';
import type { Page } from './parse';
import { sentences } from './words';
import { tokens } from '../bedrock/tokens';

/** A piece of a document that is found by its text; what is given back is its parent where it has one. */
export interface Piece {
  readonly text: string;
  readonly parent?: string;
  readonly page?: number;
}

/** Cuts the pages of a document as its data source says. */
export function cut(pages: readonly Page[], chunking: Chunking): Piece[] {
  return pages.flatMap(({ text, number }) => pieces(text.trim(), chunking).map((piece) => ({ ...piece, page: number }))).filter(({ text }) => text.trim() !== '');
}

function pieces(text: string, { strategy, maxTokens, overlapTokens, parentTokens, breakpoint }: Chunking): Piece[] {
  switch (strategy) {
    case 'NONE': return [{ text }];
    case 'HIERARCHICAL':
      return grouped(text, parentTokens, overlapTokens)
        .flatMap((parent) => grouped(parent, maxTokens, overlapTokens).map((child) => ({ text: child, parent })));
    case 'SEMANTIC': return semantic(text, maxTokens, breakpoint).map((piece) => ({ text: piece }));
    default: return grouped(text, maxTokens, overlapTokens).map((piece) => ({ text: piece }));
  }
}

/** Sentences together up to the limit, each group beginning with the last of the one before it. */
function grouped(text: string, maxTokens: number, overlapTokens: number): string[] {
  const groups: string[] = [];
  let group: string[] = [];
  let size = 0;
  for (const sentence of sentences(text).flatMap((whole) => split(whole, maxTokens))) {
    const length = tokens(sentence).length;
    if (group.length > 0 && size + length > maxTokens) {
      groups.push(group.join('').trim());
      group = tail(group, Math.min(overlapTokens, maxTokens - length));
      size = group.reduce((sum, one) => sum + tokens(one).length, 0);
    }
    group.push(sentence);
    size += length;
  }
  return group.length > 0 ? [...groups, group.join('').trim()] : groups;
}

/** A sentence that is longer than a chunk is cut wherever it must be. */
function split(sentence: string, maxTokens: number): string[] {
  const parts = tokens(sentence);
  return Array.from({ length: Math.ceil(parts.length / maxTokens) }, (_, at) => parts.slice(at * maxTokens, (at + 1) * maxTokens).join(''));
}

function tail(group: readonly string[], most: number): string[] {
  const kept: string[] = [];
  let size = 0;
  for (const sentence of [...group].reverse()) {
    size += tokens(sentence).length;
    if (size > most) break;
    kept.unshift(sentence);
  }
  return kept;
}

/** A border lies where two sentences have least in common. */
function semantic(text: string, maxTokens: number, breakpoint: number): string[] {
  const parts = sentences(text);
  const vectors = parts.map((part) => embed(part, 256));
  const distances = parts.slice(1).map((_, at) => 1 - cosine(vectors[at], vectors[at + 1]));
  const sorted = [...distances].sort((one, other) => one - other);
  const limit = sorted[Math.floor(sorted.length * breakpoint / 100)] ?? Infinity;
  const groups: string[] = [];
  let group = '';
  for (const [at, part] of parts.entries()) {
    if (group !== '' && (distances[at - 1] >= limit || tokens(group + part).length > maxTokens)) {
      groups.push(group.trim());
      group = '';
    }
    group += part;
  }
  return [...groups, group.trim()].filter((one) => one !== '');
}
