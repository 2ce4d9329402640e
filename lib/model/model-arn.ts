import { Aws, Token } from 'aws-cdk-lib';
import { splitId } from './routes';

/** What a model is called where an ARN is asked for and its id is known: AWS's own profile, or the model in this Region. */
export function modelArnOf(modelId: string): string {
  if (Token.isUnresolved(modelId) || modelId.startsWith('arn:')) return modelId;
  const { prefix } = splitId(modelId);
  return prefix === undefined
    ? `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}::foundation-model/${modelId}`
    : `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:inference-profile/${modelId}`;
}
