import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { type IConstruct } from 'constructs';

/** What a caller of a service needs so that the service can keep, and give, what a key encrypts. */
export const ENCRYPTION = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'];

/** Lets somebody have some services use a key for them, and for nothing else. */
export function grantKeyThrough(scope: IConstruct, grantee: IGrantable, key: IKey | undefined, services: readonly string[], actions = ENCRYPTION) {
  if (!key || services.length === 0) return;
  const { region, urlSuffix } = Stack.of(scope);
  const names = services.map((service) => `${service}.${region}.${urlSuffix}`);
  const conditions = { StringEquals: { 'kms:ViaService': names.length === 1 ? names[0] : names } };
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [key.keyArn], conditions });
}
