import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireMade } from '../internal/validation';

/** The ARN of a secret, with the six characters at its end: Bedrock looks a store's credentials up by it. */
export function credentialsArn(scope: IConstruct, prop: string, credentials: ISecret): string {
  requireMade(scope, prop, credentials, 'grantRead', "a secret, such as Secret.fromSecretCompleteArn(this, 'Login', arn)");
  return credentials.secretFullArn ?? fail(scope, `'${prop}' must be a secret whose whole ARN is known, got one by its name or a part of its ARN: take Secret.fromSecretCompleteArn()`);
}

/** Lets a role log in with what a secret holds. */
export function letReadSecret(role: ServiceRole, secretArn: string, key: ISecret['encryptionKey']) {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] }));
  if (!key) return;
  const { region, urlSuffix } = Stack.of(role);
  const conditions = { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } };
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [key.keyArn], conditions }));
}
