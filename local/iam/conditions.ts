import { many, matchesArn, matchesWildcard, OneOrMany, PolicyStatement } from './policy';

/** Condition keys of one decision, by lower-case name; a key may hold several values. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

export function conditionContext(...sources: readonly Readonly<Record<string, OneOrMany<string> | undefined>>[]): ConditionContext {
  const context = new Map<string, readonly string[]>();
  for (const source of sources) {
    for (const [key, value] of Object.entries(source)) {
      if (value !== undefined) context.set(key.toLowerCase(), many(value));
    }
  }
  return context;
}

type Test = (actual: string, wanted: string) => boolean;

const numeric = (compare: (actual: number, wanted: number) => boolean): Test => (actual, wanted) => compare(Number(actual), Number(wanted));

/** Operators by what they ask; each `Not…` is the same question with the answer turned round. */
const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: (actual, wanted) => matchesWildcard(wanted, actual),
  // IAM documents both as the same test.
  ArnEquals: (actual, wanted) => matchesArn(wanted, actual),
  ArnLike: (actual, wanted) => matchesArn(wanted, actual),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: numeric((actual, wanted) => actual === wanted),
  NumericLessThan: numeric((actual, wanted) => actual < wanted),
  NumericLessThanEquals: numeric((actual, wanted) => actual <= wanted),
  NumericGreaterThan: numeric((actual, wanted) => actual > wanted),
  NumericGreaterThanEquals: numeric((actual, wanted) => actual >= wanted),
};

const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
};

interface Operator {
  readonly test: Test;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set?: 'ForAnyValue' | 'ForAllValues';
}

/** Reads an operator such as `ForAnyValue:StringLikeIfExists`, or refuses it. */
export function parseOperator(name: string): Operator | 'Null' {
  if (name === 'Null') return 'Null';
  const parts = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(name);
  const base = parts?.[2] ?? '';
  const test = TESTS[NEGATED[base] ?? base];
  if (!parts || !test) throw new Error(`the local IAM does not know the condition operator '${name}'`);
  return { test, negated: base in NEGATED, ifExists: parts[3] !== undefined, set: parts[1] as Operator['set'] };
}

/** Whether every condition of the statement holds. */
export function conditionsHold(condition: PolicyStatement['Condition'], context: ConditionContext): boolean {
  return Object.entries(condition ?? {}).every(([name, keys]) => {
    const operator = parseOperator(name);
    return Object.entries(keys).every(([key, wanted]) => holds(operator, context.get(key.toLowerCase()), many(wanted).map(String), context));
  });
}

function holds(operator: Operator | 'Null', actual: readonly string[] | undefined, wanted: readonly string[], context: ConditionContext): boolean {
  if (operator === 'Null') return wanted.some((value) => (value === 'true') === (actual === undefined));
  if (actual === undefined) {
    // A negated test is true of a missing key, and so is ForAllValues; every other test is false of it.
    return operator.ifExists || operator.set === 'ForAllValues' || (operator.negated && operator.set === undefined);
  }
  const values = wanted.map((value) => withVariables(value, context));
  const passes = (value: string) => values.some((one) => operator.test(value, one)) !== operator.negated;
  return operator.set === 'ForAnyValue' ? actual.some(passes) : actual.every(passes);
}

/** `${aws:PrincipalArn}` and its kin stand for the request's own values. */
export function withVariables(text: string, context: ConditionContext): string {
  return text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name;
    const [key, fallback] = name.split(',').map((part) => part.trim());
    return context.get(key.toLowerCase())?.[0] ?? fallback?.replace(/^'|'$/g, '') ?? whole;
  });
}
