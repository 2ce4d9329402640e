import fc from 'fast-check';
import type { TestChunk } from './chunks';
import type { Filter } from '../../../lambda/ports/passages';

/** Texts that are nearly alike, or that a query language would read as its own. */
const TEXTS = ['memo', 'Memo', ' memo', 'mem', '\u00e9', 'e\u0301', '7', '-7', 'true', 'null', 'a,b', 'a', 'x|y', '100%', 'a*b', 'a_b', '"q"', '\\', '{$eq}', '\ud83c\udf89', 'half \ud83d'];
const NUMBERS = [0, -0, 7, -7, -1.5, 2024, 2024.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, 0.1 + 0.2, 0.3];
const LISTS = [['a'], ['a', 'b'], ['a,b'], ['memo', 'Memo'], ['e\u0301'], ['"q"', '7'], []];

/** Chunks with every value, and such as lack some. */
export function varied(): TestChunk[] {
  const most = Math.max(TEXTS.length, NUMBERS.length, LISTS.length);
  return [...Array.from({ length: most }, (_, at): TestChunk => ({
    id: `varied ${at}`,
    at: 0,
    metadata: {
      kind: TEXTS[at % TEXTS.length],
      ...at % 5 !== 4 && { year: NUMBERS[at % NUMBERS.length] },
      ...at % 3 !== 2 && { draft: at % 2 === 0 },
      ...at % 4 !== 3 && { tags: LISTS[at % LISTS.length] },
    },
  })), { id: 'bare', at: 0 }];
}

/** Filters as the grammar makes them, in each other to any depth. */
export function anyFilter({ texts }: { readonly texts: boolean }): fc.Arbitrary<Filter> {
  const [text, number] = [fc.constantFrom(...TEXTS), fc.constantFrom(...NUMBERS)];
  const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 4 });
  const by = (...is: ('equals' | 'notEquals' | 'greaterThan' | 'greaterThanOrEquals' | 'lessThan' | 'lessThanOrEquals' | 'startsWith' | 'contains')[]) => fc.constantFrom(...is);
  const among = fc.constantFrom('in' as const, 'notIn' as const);
  const condition: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({ field: fc.constant('kind'), is: by('equals', 'notEquals', ...texts ? ['startsWith', 'contains'] as const : []), value: text }),
    fc.record({ field: fc.constant('kind'), is: among, values: some(text) }),
    fc.record({ field: fc.constant('year'), is: by('equals', 'notEquals', 'greaterThan', 'greaterThanOrEquals', 'lessThan', 'lessThanOrEquals'), value: number }),
    fc.record({ field: fc.constant('year'), is: among, values: some(number) }),
    fc.record({ field: fc.constant('draft'), is: by('equals', 'notEquals'), value: fc.boolean() }),
    fc.record({ field: fc.constant('tags'), is: fc.constant('lists' as const), value: text }),
  );
  return fc.letrec<{ filter: Filter }>((tie) => {
    const several = fc.array(tie('filter'), { minLength: 1, maxLength: 3 });
    return { filter: fc.oneof({ maxDepth: 3, depthSize: 'large' }, condition, several.map((all): Filter => ({ all })), several.map((any): Filter => ({ any }))) };
  }).filter;
}
