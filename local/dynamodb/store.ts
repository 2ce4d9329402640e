import { createRequire } from 'node:module';
import { create, type Store } from 'dynalite/db';
import { checkTypes, checkValidations, toLowerFirst } from 'dynalite/validations';

/** dynalite has one module an operation, and no index of them. */
const load = createRequire(__filename);

/** What dynalite can do; everything else of DynamoDB is refused. */
export const OPERATIONS = [
  'BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable', 'DescribeTable', 'DescribeTimeToLive', 'GetItem', 'ListTables', 'PutItem', 'Query', 'Scan', 'UpdateItem',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface Outcome {
  readonly status: number;
  readonly body: object;
}

type Action = (store: Store, data: object, done: (error: Failure | null, answer: object) => void) => void;
type Failure = Error & { statusCode?: number; body?: object };

/** dynalite's tables in memory, without its HTTP server in between. */
export class TableStore {
  private readonly store = create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });

  run(operation: Operation, input: unknown): Promise<Outcome> {
    const file = toLowerFirst(operation);
    const action = load(`dynalite/actions/${file}`) as Action;
    const { types, custom } = load(`dynalite/validations/${file}`) as { types: unknown; custom: unknown };
    return new Promise((resolve, reject) => {
      const fail = (error: Failure) => (error.statusCode ? resolve({ status: error.statusCode, body: error.body ?? {} }) : reject(error));
      try {
        const data = checkTypes(input, types);
        checkValidations(data, types, custom, this.store);
        action(this.store, data, (error, body) => (error ? fail(error) : resolve({ status: 200, body })));
      } catch (error) {
        fail(error as Failure);
      }
    });
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.store.db.close(() => resolve()));
  }
}
