import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { grantApply } from './grant-apply';
import { type GuardrailAttributes, type GuardrailBinding, type IGuardrail } from './guardrail-reference';
import { fail, requirePattern } from '../internal/validation';

/** Bound by its ARN, because an id alone is looked for in the caller's own account. */
export class ImportedGuardrail extends Construct implements IGuardrail {
  public readonly guardrailId: string;
  public readonly guardrailArn: string;
  public readonly guardrailVersion: string;
  public readonly masksSensitiveInformation?: boolean;

  constructor(scope: Construct, id: string, private readonly attributes: GuardrailAttributes) {
    super(scope, id);
    const { guardrailArn, guardrailVersion } = attributes;
    if (!Token.isUnresolved(guardrailArn) && !/^arn:[^:]+:bedrock:[^:]+:[^:]*:guardrail\/[^/:]+$/.test(guardrailArn)) {
      fail(this, `'guardrailArn' must be the ARN of a guardrail, without a version, got '${guardrailArn}'`);
    }
    requirePattern(this, 'guardrailVersion', guardrailVersion, /^([1-9][0-9]{0,7}|DRAFT)$/, "a number or 'DRAFT'");
    this.guardrailId = Arn.split(guardrailArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName!;
    this.guardrailArn = guardrailArn;
    this.guardrailVersion = guardrailVersion;
    this.masksSensitiveInformation = attributes.masksSensitiveInformation;
  }

  public grantApply(grantee: iam.IGrantable): iam.Grant {
    const { encryptionKey, guardrailProfileId: profileId } = this.attributes;
    return grantApply(grantee, this.guardrailArn, { encryptionKey, profileId });
  }

  public bind(scope: IConstruct, caller: iam.IGrantable): GuardrailBinding {
    this.requireSameRegion(scope);
    this.grantApply(caller);
    return { guardrailId: this.guardrailArn, guardrailVersion: this.guardrailVersion };
  }

  private requireSameRegion(scope: IConstruct): void {
    const { region } = Stack.of(scope);
    if (Token.isUnresolved(this.guardrailArn) || Token.isUnresolved(region)) return;
    const home = Arn.split(this.guardrailArn, ArnFormat.SLASH_RESOURCE_NAME).region;
    if (home === region) return;
    fail(scope, `'guardrailArn' must name a guardrail in ${region}, as the stack is, because Bedrock applies no guardrail of another Region, got '${this.guardrailArn}': name one there, or deploy the stack to ${home}`);
  }
}
