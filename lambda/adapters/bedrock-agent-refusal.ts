import { BedrockAgentServiceException } from '@aws-sdk/client-bedrock-agent';
import { IngestionFailure, type IngestionRefusal } from '../ports/ingestion';

const REFUSALS: Readonly<Record<string, IngestionRefusal>> = {
  ThrottlingException: 'throttled',
  ServiceQuotaExceededException: 'throttled',
  ConflictException: 'conflict',
  InternalServerException: 'unavailable',
  ValidationException: 'invalid',
  ResourceNotFoundException: 'gone',
};

/** What the service or the network says, in the words of the port; what is nobody's but ours stays as it is. */
export async function orRefusal<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const refusal = error instanceof BedrockAgentServiceException ? ofService(error) : isOfNetwork(error) ? 'unavailable' : undefined;
    throw refusal ? new IngestionFailure(refusal, `${error.name}: ${error.message}`, { cause: error }) : error;
  }
}

function ofService({ name, $metadata }: BedrockAgentServiceException): IngestionRefusal | undefined {
  return REFUSALS[name] ?? ($metadata.httpStatusCode === 429 ? 'throttled' : ($metadata.httpStatusCode ?? 0) >= 500 ? 'unavailable' : undefined);
}

function isOfNetwork(error: Error): boolean {
  return error.name === 'TimeoutError' || ('code' in error && typeof error.code === 'string');
}
