import { AwsFailure } from '../aws/failure';

/** Errors by the names of the JSON protocol. */
export type SqsError = 'QueueDoesNotExist' | 'ReceiptHandleIsInvalid' | 'MessageNotInflight' | 'InvalidParameterValue' | 'MissingParameter'
| 'EmptyBatchRequest' | 'TooManyEntriesInBatchRequest' | 'BatchEntryIdsNotDistinct' | 'BatchRequestTooLong' | 'UnsupportedOperation' | 'ResourceNotFoundException';

export function sqsFailure(code: SqsError, message: string): AwsFailure {
  return new AwsFailure(`com.amazonaws.sqs#${code}`, 400, message);
}
