import type * as iam from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type GuardrailBinding, type IGuardrail } from './guardrail-reference';
import { fail } from '../internal/validation';

/** The same guardrail, applied while the answer streams already. */
export class AsynchronousGuardrail implements IGuardrail {
  public readonly guardrailId: string;
  public readonly guardrailArn: string;
  public readonly guardrailVersion: string;
  public readonly masksSensitiveInformation?: boolean;

  constructor(private readonly guardrail: IGuardrail) {
    this.guardrailId = guardrail.guardrailId;
    this.guardrailArn = guardrail.guardrailArn;
    this.guardrailVersion = guardrail.guardrailVersion;
    this.masksSensitiveInformation = guardrail.masksSensitiveInformation;
  }

  public grantApply(grantee: iam.IGrantable): iam.Grant {
    return this.guardrail.grantApply(grantee);
  }

  public bind(scope: IConstruct, caller: iam.IGrantable): GuardrailBinding {
    if (this.masksSensitiveInformation === true) {
      fail(scope, 'a guardrail must not mask sensitive information to be asynchronous, because Bedrock masks nothing in this mode, got one with an action ANONYMIZE: block instead, or leave out Guardrail.asynchronous');
    }
    if (this.masksSensitiveInformation === undefined) {
      fail(scope, "'masksSensitiveInformation' must be false for a guardrail that exists already to be asynchronous, because Bedrock masks nothing in this mode, got none: say in Guardrail.fromAttributes whether it masks");
    }
    return { ...this.guardrail.bind(scope, caller), asynchronous: true };
  }
}
