import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { grantKeyThrough } from '../internal/key-grants';
import { fail, requireMade } from '../internal/validation';

/** The ARN of a secret, with the six characters at its end: Bedrock looks a store's credentials up by it. */
export function credentialsArn(scope: IConstruct, prop: string, credentials: ISecret): string {
  requireMade(scope, prop, credentials, 'grantRead', "a secret, such as Secret.fromSecretCompleteArn(this, 'Login', arn)");
  return credentials.secretFullArn ?? fail(scope, `'${prop}' must be a secret whose whole ARN is known, got one by its name or a part of its ARN: take Secret.fromSecretCompleteArn()`);
}

/** Lets somebody log in with what a secret holds. */
export function letReadSecret(scope: IConstruct, grantee: IGrantable, secretArn: string, key: ISecret['encryptionKey']) {
  Grant.addToPrincipal({ grantee, actions: ['secretsmanager:GetSecretValue'], resourceArns: [secretArn] });
  grantKeyThrough(scope, grantee, key, ['secretsmanager'], ['kms:Decrypt']);
}
