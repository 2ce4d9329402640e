import fc from 'fast-check';
import { anyDocument } from './documents';
import { cut } from '../../../lambda/chunk/chunker';
import { estimateTokens } from '../../../lambda/chunk/tokens';
import type { ChunkingPolicy } from '../../../lib/contract/diy-rag';

const apart: ChunkingPolicy['by'][] = ['structure', 'sentences', 'pages', 'tables'];

describe.each(apart)('any document, cut by %s', (by) => {
  test('is told in chunks that have its words at their places, in order, each once, and within the budget', () => {
    fc.assert(fc.property(anyDocument, fc.integer({ min: 20, max: 300 }), (document, tokens) => {
      const chunks = cut(document, { by, tokens });
      let covered = 0;
      for (const { text, start, end, tokens: counted, tableHead } of chunks) {
        expect(text).toBe(document.text.slice(start, end));
        expect(document.text.slice(covered, start).trim()).toBe('');
        expect(start).toBeGreaterThanOrEqual(covered);
        expect(text).toBe(text.trim());
        expect(text).not.toBe('');
        expect(counted).toBe(estimateTokens(text));
        expect(counted + (tableHead === undefined ? 0 : estimateTokens(tableHead))).toBeLessThanOrEqual(tokens + 1);
        expect(isHalf(document.text, start) || isHalf(document.text, end)).toBe(false);
        covered = end;
      }
      expect(document.text.slice(covered).trim()).toBe('');
    }), { numRuns: 150 });
  });
});

test('any document, cut by tokens, is covered, in order, within the budget, with overlaps of what was asked for at most', () => {
  fc.assert(fc.property(anyDocument, fc.integer({ min: 20, max: 300 }), fc.double({ min: 0, max: 0.5, noNaN: true }), (document, tokens, part) => {
    const overlapTokens = Math.floor(tokens * part);
    const chunks = cut(document, { by: 'tokens', tokens, overlapTokens });
    let covered = 0;
    chunks.forEach(({ text, start, end, tokens: counted }, at) => {
      expect(text).toBe(document.text.slice(start, end));
      if (start > covered) expect(document.text.slice(covered, start).trim()).toBe('');
      else expect(estimateTokens(document.text, start, covered)).toBeLessThanOrEqual(overlapTokens + 20);
      if (at > 0) expect(start).toBeGreaterThan(chunks[at - 1].start);
      expect(counted).toBeLessThanOrEqual(tokens + 1);
      expect(isHalf(document.text, start) || isHalf(document.text, end)).toBe(false);
      covered = Math.max(covered, end);
    });
    expect(document.text.slice(covered).trim()).toBe('');
  }), { numRuns: 150 });
});

function isHalf(text: string, at: number): boolean {
  return at > 0 && at < text.length && /[\udc00-\udfff]/.test(text[at]) && /[\ud800-\udbff]/.test(text[at - 1]);
}
