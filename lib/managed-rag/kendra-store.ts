import { Annotations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Construct } from 'constructs';
import { type StoreBinding, type StoreBuild } from './store-binding';
import { requirePattern } from '../internal/validation';

/** A GenAI index of Kendra that is there: it has its own sources, and embeds by itself. */
export function bindKendra(scope: Construct, { role }: StoreBuild, kendraIndexArn: string): StoreBinding {
  requirePattern(scope, 'indexArn', kendraIndexArn, /^arn:[^:]+:kendra:[^:]+:[0-9]{12}:index\/[A-Za-z0-9-]{36}$/, "a Kendra index's ARN, such as arn:aws:kendra:us-east-1:111122223333:index/01234567-89ab-cdef-0123-456789abcdef");
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:kendraClosed',
    'Kendra has taken no new customers since 30 July 2026: only an account that had an index before can go on with it. For a new one take KnowledgeStore.managed() or KnowledgeStore.s3Vectors()');
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['kendra:DescribeIndex', 'kendra:Retrieve'], resources: [kendraIndexArn] }));
  return {
    kind: { type: 'KENDRA', kendraKnowledgeBaseConfiguration: { kendraIndexArn } },
    searches: [],
    settled: kendraIndexArn,
    dependencies: [],
  };
}
