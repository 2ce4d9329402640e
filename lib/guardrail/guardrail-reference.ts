import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { type IConstruct } from 'constructs';

/** A guardrail, one version of it, as every construct takes it. */
export interface IGuardrail {
  /** The guardrail's id. */
  readonly guardrailId: string;
  /** The guardrail's ARN, without a version. */
  readonly guardrailArn: string;
  /** The version that is applied: a number, or `DRAFT`. */
  readonly guardrailVersion: string;

  /**
   * Whether it replaces sensitive information by its kind.
   *
   * @default - not known
   */
  readonly masksSensitiveInformation?: boolean;

  /**
   * Lets somebody apply the guardrail, and use its key where it has one.
   *
   * @param grantee who applies it
   */
  grantApply(grantee: iam.IGrantable): iam.Grant;

  /**
   * Lets a caller apply the guardrail, and says which version to apply.
   *
   * @param scope where errors are reported
   * @param caller who applies it
   */
  bind(scope: IConstruct, caller: iam.IGrantable): GuardrailBinding;
}

/** What a caller needs to apply a guardrail. */
export interface GuardrailBinding {
  /** What Bedrock takes as the guardrail's identifier: its id, or its ARN where it was made elsewhere. */
  readonly guardrailId: string;
  /** The version to apply: a number, or `DRAFT`. */
  readonly guardrailVersion: string;

  /**
   * Whether streamed words reach the reader before they are checked.
   *
   * @default false
   */
  readonly asynchronous?: boolean;
}

/** A guardrail that was made elsewhere. */
export interface GuardrailAttributes {
  /** The guardrail's ARN, without a version. */
  readonly guardrailArn: string;
  /** The version to apply: a number, or `DRAFT`. */
  readonly guardrailVersion: string;
  /**
   * Whether it replaces sensitive information by its kind; `Guardrail.asynchronous` takes one only that does not.
   *
   * @default - not known
   */
  readonly masksSensitiveInformation?: boolean;
  /**
   * Key that encrypts the guardrail's policies.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * Id of the guardrail profile that spreads it over Regions, such as `us.guardrail.v1:0`.
   *
   * @default - it stays in its own Region
   */
  readonly guardrailProfileId?: string;
}
