import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type Construct } from 'constructs';
import { letServiceUse } from './key-policy';

export interface EncryptedLogsProps {
  readonly retention: logs.RetentionDays;
  readonly encryptionKey?: IKey;
  /** Only where a service insists on a name; it must differ from stack to stack. */
  readonly logGroupName?: string;
}

/** A log group that outlives its stack by nothing but its retention, encrypted with the given key. */
export class EncryptedLogs extends logs.LogGroup {
  constructor(scope: Construct, id: string, props: EncryptedLogsProps) {
    if (props.encryptionKey) allowLogsToUse(props.encryptionKey, scope);
    super(scope, id, { ...props, removalPolicy: RemovalPolicy.RETAIN });
  }
}

/** CloudWatch Logs encrypts with the key itself, and only for log groups of this account and region. */
function allowLogsToUse(key: IKey, scope: Construct) {
  const stack = Stack.of(scope);
  letServiceUse(scope, key, {
    sid: 'CloudWatchLogs',
    actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
    principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
    conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${stack.region}:${stack.account}:*` } },
  });
}
