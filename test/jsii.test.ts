import { assembly } from './assembly';

interface Documented {
  readonly name: string;
  readonly docs?: { readonly summary?: string; readonly default?: string };
}

interface Member extends Documented {
  readonly optional?: boolean;
  readonly overrides?: string;
}

interface ApiType extends Documented {
  readonly fqn: string;
  readonly kind: 'class' | 'interface' | 'enum';
  readonly datatype?: boolean;
  readonly interfaces?: readonly string[];
  readonly properties?: readonly Member[];
  readonly methods?: readonly Member[];
  readonly members?: readonly Documented[];
}

const MOST_PROPS = 12;
const types = assembly<ApiType>()?.types ?? {};
const all = Object.values(types);
const structs = all.filter(({ datatype }) => datatype);

test('the library is compiled', () => {
  expect(all.length).toBeGreaterThan(0);
});

test('has no union of types: other languages do not know them', () => {
  expect(all.filter((type) => JSON.stringify(type).includes('"union":')).map(({ fqn }) => fqn)).toEqual([]);
});

test('documents every public type and member', () => {
  const undocumented = all.flatMap((type) => [
    ...(type.docs?.summary ? [] : [type.fqn]),
    ...[...(type.properties ?? []), ...(type.methods ?? []), ...(type.members ?? [])]
      .filter((member: Member) => !member.overrides && !member.docs?.summary)
      .map(({ name }) => `${type.fqn}.${name}`),
  ]);
  expect(undocumented).toEqual([]);
});

test('says of every prop that may be left out what happens then', () => {
  const silent = structs.flatMap(({ fqn, properties = [] }) => properties.filter(({ optional, docs }) => optional && !docs?.default).map(({ name }) => `${fqn}.${name}`));
  expect(silent).toEqual([]);
});

test(`asks for at most ${MOST_PROPS} props at once`, () => {
  const inherited = (parent: string) => (parent in types ? size(types[parent]) : 0);
  const size = ({ properties = [], interfaces = [] }: ApiType): number => interfaces.map(inherited).reduce((sum, count) => sum + count, properties.length);
  expect(structs.filter((struct) => size(struct) > MOST_PROPS).map(({ fqn }) => fqn)).toEqual([]);
});
