import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { acknowledgeWildcard } from '../internal/acknowledge';

/** What applying a guardrail touches besides the guardrail. */
export interface ApplyOptions {
  readonly encryptionKey?: kms.IKey;
  readonly profileId?: string;
  readonly reasoningArns?: string[];
}

export function grantApply(grantee: iam.IGrantable, guardrailArn: string, { encryptionKey, profileId, reasoningArns = [] }: ApplyOptions): iam.Grant {
  const grant = iam.Grant.addToPrincipal({
    grantee,
    actions: ['bedrock:ApplyGuardrail'],
    resourceArns: [guardrailArn, ...(profileId ? [profileArn(grantee, profileId)] : [])],
  });
  if (reasoningArns.length > 0) {
    grant.combine(iam.Grant.addToPrincipal({ grantee, actions: ['bedrock:InvokeAutomatedReasoningPolicy'], resourceArns: reasoningArns }));
  }
  return encryptionKey ? grant.combine(encryptionKey.grantDecrypt(grantee)) : grant;
}

/** A guardrail profile is authorised in each Region that it routes to. */
function profileArn(grantee: iam.IGrantable, profileId: string): string {
  const arn = `arn:${Aws.PARTITION}:bedrock:*:${Aws.ACCOUNT_ID}:guardrail-profile/${profileId}`;
  acknowledgeWildcard(grantee, arn, 'One guardrail profile, in the Regions that it routes to: AWS adds to them, and the guardrail itself is named exactly.');
  return arn;
}
