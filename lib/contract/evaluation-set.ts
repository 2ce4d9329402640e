import type { EvaluationMeasure } from './evaluation';

/** A question of a set, as its line says it. */
export interface SetQuestion {
  readonly id: string;
  readonly question: string;
  /** What is to be found; absent where it is not known, and nothing is measured of what is found. */
  readonly relevant?: readonly RelevantDocument[];
  /** What a good answer says. */
  readonly reference?: string;
  /** Whether the documents hold an answer. */
  readonly answerable: boolean;
  readonly filter?: Readonly<Record<string, unknown>>;
  /** What the claim says by which tenants are told apart. */
  readonly tenant?: string | number;
  /** What the claim says by which sources know who asks. */
  readonly user?: string;
}

export interface RelevantDocument {
  /** Its key in the bucket, or its whole address. */
  readonly document: string;
  /** How relevant: 1 unless told. */
  readonly grade: number;
  /** Where in its text, in UTF-16 code units, the end not included. */
  readonly spans: readonly (readonly [number, number])[];
  /** Words of it. */
  readonly passages: readonly string[];
}

export interface SetRules {
  /** Most questions. */
  readonly questions: number;
  /** Whether passages say where they stand, so that spans can be compared. */
  readonly offsets: boolean;
  /** Whether documents belong to tenants, and are shown by who asks. */
  readonly tenants: boolean;
  readonly users: boolean;
  /** What is wrong with a filter; absent where that is not known yet. */
  readonly problemOf?: (filter: Readonly<Record<string, unknown>>) => string | undefined;
}

/** As much as ten of them fill a message queue's batch. */
const LINE_BYTES = 20_000;
const QUESTION_LENGTH = 10_000;
const REFERENCE_LENGTH = 8_000;
const FIELDS = ['id', 'question', 'relevant', 'reference', 'answerable', 'filter', 'tenant', 'user'];
const RELEVANT_FIELDS = ['document', 'grade', 'spans', 'passages'];

/** Reads a set of JSON Lines, or says in an error which line and field is wrong. */
export function parseSet(text: string, rules: SetRules): SetQuestion[] {
  const questions: SetQuestion[] = [];
  const lineOf = new Map<string, number>();
  for (const [at, line] of text.replace(/^\uFEFF/, '').split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const number = at + 1;
    const question = new Line(number, line, rules).read();
    const before = lineOf.get(question.id);
    if (before !== undefined) throw new SetProblem(number, 'id', `must be like no other, got '${question.id}', which line ${before} has`);
    lineOf.set(question.id, number);
    questions.push(question);
    if (questions.length > rules.questions) {
      throw new SetProblem(number, 'question', `must be one of at most ${rules.questions}, the limit of a run: raise 'limits.questions', or leave some out`);
    }
  }
  if (questions.length === 0) throw new SetProblem(1, 'question', 'must be there: the set is empty, write {"question": "…", "relevant": ["key-of-a-document"]} a line');
  return questions;
}

/** Measures of which a set can say nothing, with what it lacks. */
export function unmeasurable(
  questions: readonly SetQuestion[], measures: readonly EvaluationMeasure[],
): { readonly measure: EvaluationMeasure; readonly needs: string } | undefined {
  const has = {
    relevant: questions.some(({ relevant }) => relevant),
    reference: questions.some(({ reference }) => reference !== undefined),
    answerable: questions.some(({ answerable }) => answerable),
    unanswerable: questions.some(({ answerable }) => !answerable),
  };
  const needs = (measure: EvaluationMeasure): keyof typeof has | undefined => {
    switch (measure) {
      case 'recall': case 'precision': case 'ndcg': case 'mrr': return 'relevant';
      case 'correctness': return 'reference';
      case 'abstention': return 'unanswerable';
      case 'completeness': return undefined;
      default: return 'answerable';
    }
  };
  const told = { relevant: "'relevant'", reference: "a 'reference'", answerable: "'answerable' that is not false", unanswerable: "'answerable': false" };
  const found = measures.map((measure) => ({ measure, need: needs(measure) })).find(({ need }) => need && !has[need]);
  return found?.need && { measure: found.measure, needs: told[found.need] };
}

/** What is wrong with a set, in the words that its author reads. */
export class SetProblem extends Error {
  constructor(readonly line: number, readonly field: string, rule: string) {
    super(`line ${line}: '${field}' ${rule}`);
    this.name = 'SetProblem';
  }
}

class Line {
  constructor(private readonly number: number, private readonly text: string, private readonly rules: SetRules) {}

  read(): SetQuestion {
    const bytes = utf8Bytes(this.text);
    if (bytes > LINE_BYTES) this.refuse('question', `must stand on a line of at most ${LINE_BYTES} bytes, got ${bytes}`);
    const fields = this.parsed();
    this.known('', fields, FIELDS);
    const answerable = fields.answerable ?? true;
    if (typeof answerable !== 'boolean') this.refuse('answerable', `must be true or false, got ${shown(answerable)}`);
    const relevant = this.relevant(fields.relevant);
    if (!answerable && relevant) this.refuse('relevant', "must be left out where 'answerable' is false: nothing answers the question");
    if (!answerable && fields.reference != null) this.refuse('reference', "must be left out where 'answerable' is false");
    const filter = fields.filter ?? undefined;
    if (filter !== undefined && !isObject(filter)) this.refuse('filter', `must be an object, got ${shown(filter)}`);
    const problem = filter === undefined ? undefined : this.rules.problemOf?.(filter as Record<string, unknown>);
    if (problem !== undefined) this.refuse('filter', `cannot be used: ${problem}`);
    return {
      id: this.words('id', fields.id, 200) ?? `line-${this.number}`,
      question: this.words('question', fields.question, QUESTION_LENGTH) ?? this.refuse('question', 'must be given'),
      answerable: Boolean(answerable),
      ...(relevant && { relevant }),
      ...(fields.reference != null && { reference: this.words('reference', fields.reference, REFERENCE_LENGTH) }),
      ...(filter !== undefined && { filter: filter as SetQuestion['filter'] }),
      ...this.whose(fields),
    };
  }

  private whose({ tenant, user }: Record<string, unknown>): Pick<SetQuestion, 'tenant' | 'user'> {
    const { tenants, users } = this.rules;
    for (const [field, value, wanted] of [['tenant', tenant, tenants], ['user', user, users]] as const) {
      if (value == null && wanted) this.refuse(field, 'must be given, for documents are held apart by it: say in whose name the question is asked');
      if (value != null && !wanted) this.refuse(field, 'must be left out, for documents are not held apart by it');
    }
    if (tenant != null && typeof tenant !== 'string' && typeof tenant !== 'number') this.refuse('tenant', `must be a text or a number, got ${shown(tenant)}`);
    return { ...(tenant != null && { tenant: tenant as string | number }), ...(user != null && { user: this.words('user', user, 200) }) };
  }

  private relevant(value: unknown): RelevantDocument[] | undefined {
    if (value == null) return undefined;
    if (!Array.isArray(value) || value.length === 0) this.refuse('relevant', `must be a list of at least one document, got ${shown(value)}: leave it out where it is not known`);
    return (value as unknown[]).map((each, at) => this.document(each, `relevant[${at}]`));
  }

  private document(value: unknown, path: string): RelevantDocument {
    if (typeof value === 'string') return { document: this.words(path, value, 2_000) ?? '', grade: 1, spans: [], passages: [] };
    if (!isObject(value)) this.refuse(path, `must be a document's key, or {"document": …, "spans": [[from, to]], "passages": ["…"]}, got ${shown(value)}`);
    const { document, grade = 1, spans = [], passages = [] } = value as Record<string, unknown>;
    this.known(`${path}.`, value as Record<string, unknown>, RELEVANT_FIELDS);
    if (typeof grade !== 'number' || !(grade > 0 && grade <= 100)) this.refuse(`${path}.grade`, `must be a number above 0, 100 at most, got ${shown(grade)}`);
    if (!Array.isArray(spans) || !spans.every(isSpan)) this.refuse(`${path}.spans`, `must be a list of places such as [[0, 120]], whole numbers, the first the smaller, got ${shown(spans)}`);
    if (!Array.isArray(passages) || !passages.every((each) => typeof each === 'string' && each.trim() !== '')) this.refuse(`${path}.passages`, `must be a list of texts, got ${shown(passages)}`);
    if ((spans as unknown[]).length > 0 && !this.rules.offsets) this.refuse(`${path}.spans`, "must be left out, for this knowledge base does not say where its passages stand: give their words in 'passages'");
    return {
      document: this.words(`${path}.document`, document, 2_000) ?? this.refuse(`${path}.document`, 'must be given'),
      grade: grade as number,
      spans: spans as [number, number][],
      passages: passages as string[],
    };
  }

  private parsed(): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(this.text);
    } catch {
      this.refuse('question', 'must stand in a JSON object on one line: this line is no JSON');
    }
    return isObject(value) ? value : this.refuse('question', `must stand in a JSON object, got ${shown(value)}`);
  }

  private known(path: string, fields: Record<string, unknown>, names: readonly string[]): void {
    const stranger = Object.keys(fields).find((name) => !names.includes(name));
    if (stranger !== undefined) this.refuse(`${path}${stranger.slice(0, 64)}`, `must be one of ${names.map((name) => `'${name}'`).join(', ')}`);
  }

  private words(field: string, value: unknown, most: number): string | undefined {
    if (value == null) return undefined;
    if (typeof value !== 'string' || value.trim() === '') this.refuse(field, `must be a text that is not empty, got ${shown(value)}`);
    if ((value as string).length > most) this.refuse(field, `must have at most ${most} characters, got ${(value as string).length}`);
    return value as string;
  }

  private refuse(field: string, rule: string): never {
    throw new SetProblem(this.number, field, rule);
  }
}

function isSpan(span: unknown): boolean {
  if (!Array.isArray(span) || span.length !== 2) return false;
  const [start, end] = span as unknown[];
  return Number.isInteger(start) && Number.isInteger(end) && (start as number) >= 0 && (start as number) < (end as number);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without Node's Buffer, for contracts import nothing. */
function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
