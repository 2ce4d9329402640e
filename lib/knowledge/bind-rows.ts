import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { KnowledgeBinding } from './knowledge';
import { type RowsOptions } from './rows-options';
import { type KnowledgePolicy } from '../contract/knowledge';
import { fail, requireInteger, requireLength } from '../internal/validation';

/** A knowledge base over a database as far as asking it goes. */
export interface Askable {
  readonly knowledgeBaseId: string;
  readonly knowledgeBaseArn: string;
  /** How long a query may run. */
  readonly seconds: number;
}

const ROWS = 25;
const MOST_ROWS = 100;
const UNANSWERED = 'I do not know: no rows of the data answer this.';

/** What does not hold over a database, by the way out. */
const BEYOND: Readonly<Record<string, string>> = {
  tenant: 'give each tenant a knowledge base with a database user who sees that tenant\'s rows alone',
  identity: 'give each kind of caller a knowledge base with a database user who sees their rows alone',
  fields: 'take an API for documents, or ask for what you would filter by in the question',
  leastScore: 'leave it out, for rows fit a query or do not',
};

/** Grants a caller what asking takes, and says by which rules it is done. */
export function bindRows(scope: IConstruct, caller: IGrantable, base: Askable, options: RowsOptions): KnowledgeBinding {
  const { knowledgeBaseId, knowledgeBaseArn, seconds } = base;
  const { rows = ROWS, questions, unanswered = UNANSWERED } = options;
  requireRowsAlone(scope, options);
  requireInteger(scope, 'retrieval.rows', rows, 1, MOST_ROWS);
  requireInteger(scope, 'retrieval.questions', questions, 1, 5);
  requireLength(scope, 'retrieval.unanswered', unanswered, 1, 2_000);
  Grant.addToPrincipal({ grantee: caller, actions: ['bedrock:Retrieve'], resourceArns: [knowledgeBaseArn] });
  const policy: KnowledgePolicy = {
    knowledgeBaseId,
    kind: 'sql',
    passages: rows,
    candidates: rows,
    fields: [],
    questions: questions === 1 ? undefined : questions,
    unanswered,
    sql: { seconds, knowledgeBaseArn },
  };
  return new KnowledgeBinding(policy);
}

/** Options for documents, which a compiler would refuse: to pass a tenant over would show one tenant's rows to another. */
function requireRowsAlone(scope: IConstruct, options: RowsOptions) {
  for (const [name, wayOut] of Object.entries(BEYOND)) {
    if ((options as Readonly<Record<string, unknown>>)[name] === undefined) continue;
    fail(scope, `'retrieval.${name}' must be left out over a database, because no filter can be put into a query that a model writes, got one: ${wayOut}`);
  }
}
