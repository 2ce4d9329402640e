import { Duration } from 'aws-cdk-lib';
import { type CfnKnowledgeBase } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { type DataBinding } from './data-binding';
import { fail, requireCount, requireDuration, requireLength, requirePattern } from '../../internal/validation';

/** Whether queries are written with a table or a column in mind. It helps to write better queries, and keeps nobody from anything: rights in the database do. */
export enum Inclusion {
  /** Only what is included is known to whoever writes queries. */
  INCLUDE = 'INCLUDE',
  /** Known is everything but this. */
  EXCLUDE = 'EXCLUDE',
}

/** What a column holds. */
export interface ColumnGuidance {
  /** The column's name, 1 to 127 characters. */
  readonly name: string;

  /**
   * What it holds, with its unit, 1 to 200 characters.
   *
   * @default - what its name says
   */
  readonly description?: string;

  /**
   * Whether queries are written with it in mind.
   *
   * @default - with all columns, or those that are included
   */
  readonly inclusion?: Inclusion;
}

/** What a table holds. */
export interface TableGuidance {
  /** The table's full name: `database.schema.table`, or `awsdatacatalog.database.table` of the Glue catalog. */
  readonly name: string;

  /**
   * What a row of it is, 1 to 200 characters.
   *
   * @default - what its name says
   */
  readonly description?: string;

  /**
   * Whether queries are written with it in mind.
   *
   * @default - with all tables, or those that are included
   */
  readonly inclusion?: Inclusion;

  /**
   * What its columns hold.
   *
   * @default - what their names say
   */
  readonly columns?: ColumnGuidance[];
}

/** A question with the query that answers it. */
export interface CuratedQuery {
  /** As somebody would ask it, in English, 1 to 1000 characters. */
  readonly question: string;

  /** The query, 1 to 1000 characters. */
  readonly sql: string;
}

/** What helps to write queries. All of it may be changed at any time. */
export interface QueryGuidance {
  /**
   * What tables hold, at most 50.
   *
   * @default - what their names say
   */
  readonly tables?: TableGuidance[];

  /**
   * Questions with the queries that answer them, at most 10: examples for those that are written.
   *
   * @default - none
   */
  readonly curated?: CuratedQuery[];

  /**
   * How long a query may run, from 1 second to 200, and less than `answering.timeout`; with `RagApi.none()` less than what answers has for it.
   *
   * @default Duration.seconds(60)
   */
  readonly timeout?: Duration;
}

const QUERY_TIMEOUT = Duration.seconds(60);
const DESCRIPTION = 200;
const EXAMPLE = 1_000;

/** How long a query may run; within an answer where one is given here. */
export function queryTimeoutOf(scope: IConstruct, { timeout = QUERY_TIMEOUT }: QueryGuidance, answer?: Duration): Duration {
  requireDuration(scope, 'queries.timeout', timeout, Duration.seconds(1), Duration.seconds(200));
  if (answer && !timeout.isUnresolved() && !answer.isUnresolved() && timeout.toSeconds() >= answer.toSeconds()) {
    fail(scope, `'queries.timeout' must be less than 'answering.timeout', ${answer.toHumanString()}, so that there is time to answer from what a query finds, got ${timeout.toHumanString()}: raise 'answering.timeout'`);
  }
  return timeout;
}

/** As Bedrock takes it. */
export function guidanceOf(scope: IConstruct, guidance: QueryGuidance, { prefix }: DataBinding): CfnKnowledgeBase.QueryGenerationContextProperty | undefined {
  const { tables = [], curated = [] } = guidance;
  requireCount(scope, 'queries.tables', tables, 0, 50);
  requireCount(scope, 'queries.curated', curated, 0, 10);
  requireOnce(scope, 'queries.tables', tables);
  for (const { question, sql } of curated) {
    requireLength(scope, 'queries.curated.question', question, 1, EXAMPLE);
    requireLength(scope, 'queries.curated.sql', sql, 1, EXAMPLE);
  }
  if (tables.length + curated.length === 0) return undefined;
  return {
    tables: tables.map((table) => tableOf(scope, table, prefix)),
    curatedQueries: curated.map(({ question, sql }) => ({ naturalLanguage: question, sql })),
  };
}

function tableOf(scope: IConstruct, { name, description, inclusion, columns = [] }: TableGuidance, prefix = 'database'): CfnKnowledgeBase.QueryGenerationTableProperty {
  const shape = prefix === 'database' ? 'database.schema.table' : `${prefix}.database.table`;
  requirePattern(scope, 'queries.tables.name', name, /^[^.\s]+(\.[^.]+){2}$/, `a full name, ${shape}`);
  if (prefix !== 'database') requirePattern(scope, 'queries.tables.name', name, new RegExp(`^${prefix}\\.`), `a full name, ${shape}`);
  requireLength(scope, 'queries.tables.description', description, 1, DESCRIPTION);
  requireOnce(scope, `queries.tables['${name}'].columns`, columns);
  for (const column of columns) {
    requireLength(scope, 'queries.tables.columns.name', column.name, 1, 127);
    requireLength(scope, 'queries.tables.columns.description', column.description, 1, DESCRIPTION);
  }
  return { name, description, inclusion, columns: columns.length > 0 ? columns.map((column) => ({ ...column })) : undefined };
}

/** Of two descriptions of one thing nobody knows which holds. */
function requireOnce(scope: IConstruct, prop: string, named: readonly { readonly name: string }[]) {
  const twice = named.find(({ name }, place) => named.findIndex((other) => other.name === name) < place);
  if (twice) fail(scope, `'${prop}' must name each once, got '${twice.name}' twice`);
}
