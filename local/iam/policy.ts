/** A policy as templates and IAM write it. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export type OneOrMany<T> = T | readonly T[];

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: OneOrMany<string>;
  readonly NotAction?: OneOrMany<string>;
  readonly Resource?: OneOrMany<string>;
  readonly NotResource?: OneOrMany<string>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMany<string | number | boolean>>>>>;
}

export function many<T>(value: OneOrMany<T> | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T];
}

export function statementsOf(document: PolicyDocument): readonly PolicyStatement[] {
  return many(document.Statement);
}

/** `*` any run of characters, `?` one character, as IAM means them. */
export function matchesWildcard(pattern: string, value: string, options: { readonly ignoreCase?: boolean } = {}): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '[^]*').replace(/\?/g, '[^]');
  return new RegExp(`^${source}$`, options.ignoreCase ? 'i' : '').test(value);
}

/** ARNs match section by section: a wildcard does not run over the first five colons. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (!pattern.startsWith('arn:') || !arn.startsWith('arn:')) return matchesWildcard(pattern, arn);
  const wanted = sections(pattern);
  const actual = sections(arn);
  return wanted.length === actual.length && wanted.every((section, index) => matchesWildcard(section, actual[index]));
}

function sections(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
