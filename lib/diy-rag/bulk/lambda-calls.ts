import { Aws } from 'aws-cdk-lib';
import { BULK_ERRORS, type BulkRequest } from '../../contract/bulk-load';
import { INDEX_SECONDS } from '../../contract/document-index';

/** A request of the contract, some of whose fields are said in JSONata. */
type Said<T> = T extends unknown ? { readonly [Field in keyof T]: Field extends 'bulk' ? T[Field] : T[Field] | string } : never;

/** The name of the execution, which all steps of a load have in common; within a distributed map a child's own. */
export const RUN = '{% $states.context.Execution.Name %}';

/** Calls of the one function that does the steps of a load. */
export class LambdaCalls {
  constructor(private readonly functionArn: string) {}

  /** A step; `next` is where it leads, and what of it is kept. */
  public step(request: Said<BulkRequest>, next: object): object {
    return {
      Type: 'Task',
      Resource: `arn:${Aws.PARTITION}:states:::lambda:invoke`,
      Arguments: { FunctionName: this.functionArn, Payload: request },
      Output: '{% $states.result.Payload %}',
      TimeoutSeconds: INDEX_SECONDS + 60,
      Retry: RETRY,
      ...next,
    };
  }
}

/**
 * What waits is tried again for hours, what goes on with the next call as often as a very large document takes; what is broken a few times. A document that ends
 * its function is given up by the function itself after some calls.
 */
const RETRY = [
  { ErrorEquals: [BULK_ERRORS.unfinished], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 200 },
  { ErrorEquals: [BULK_ERRORS.busy], IntervalSeconds: 15, BackoffRate: 2, MaxDelaySeconds: 600, MaxAttempts: 30, JitterStrategy: 'FULL' },
  { ErrorEquals: [BULK_ERRORS.taken], IntervalSeconds: 30, BackoffRate: 1.5, MaxDelaySeconds: 300, MaxAttempts: 12, JitterStrategy: 'FULL' },
  {
    ErrorEquals: ['Lambda.TooManyRequestsException', 'Lambda.ServiceException', 'Lambda.AWSLambdaException', 'Lambda.SdkClientException'],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 300,
    MaxAttempts: 20,
    JitterStrategy: 'FULL',
  },
  {
    ErrorEquals: ['Sandbox.Timedout', 'Runtime.ExitError', 'Runtime.OutOfMemory', 'Lambda.Unknown', 'States.Timeout'], IntervalSeconds: 5, BackoffRate: 1.5, MaxAttempts: 8,
  },
  { ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 10, BackoffRate: 2, MaxAttempts: 4, JitterStrategy: 'FULL' },
];
