import fc from 'fast-check';

/**
 * What anybody may write who wants to see more, over the fields `owner`, `year` and `tags`: other tenants by every operator, in groups, beside
 * each other and over again.
 */
export function hostileFilters(tenants: readonly string[], { textFilters = false } = {}): fc.Arbitrary<unknown> {
  const name = fc.constantFrom(...tenants);
  const names = fc.array(name, { minLength: 1, maxLength: 3 });
  const parts = textFilters ? [fc.record({ startsWith: fc.constantFrom('', 'g') }), fc.record({ contains: fc.constant('') })] : [];
  const owner = fc.oneof(name, names, fc.record({ ne: name }), fc.record({ notIn: names }), ...parts);
  return fc.letrec((tie) => {
    const several = fc.array(tie('filter'), { minLength: 1, maxLength: 3 });
    return {
      filter: fc.oneof({ maxDepth: 1, depthSize: 'large' },
        fc.record({ owner }),
        fc.record({ year: fc.oneof(fc.record({ gte: fc.constant(0) }), fc.record({ ne: fc.constant(1) })) }),
        fc.record({ tags: name }),
        fc.record({ owner: name, or: several }),
        fc.record({ or: several }),
        fc.record({ and: several })),
    };
  }).filter;
}
