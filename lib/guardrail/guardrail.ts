import { createHash } from 'node:crypto';
import { Aws, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as bedrock from 'aws-cdk-lib/aws-bedrock';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { requireLength } from '../internal/validation';
import { type Geography } from '../model';
import { AsynchronousGuardrail } from './asynchronous-guardrail';
import { grantApply } from './grant-apply';
import { type GuardrailProps } from './guardrail-props';
import { type GuardrailAttributes, type GuardrailBinding, type IGuardrail } from './guardrail-reference';
import { ImportedGuardrail } from './imported-guardrail';
import { renderPolicies, requireGeography } from './policies';

/**
 * A Bedrock guardrail: what may neither be asked nor answered. Every change of what it looks for makes a new version, and versions before it
 * are kept, so that a deployment that is rolled back finds the one it used.
 *
 * @example
 *
 * const guardrail = new Guardrail(this, 'Guardrail', {
 *   contentFilters: ContentFilter.all({ inputStrength: FilterStrength.MEDIUM }),
 *   deniedTopics: [{ name: 'Investment advice', definition: 'Recommending what to buy, sell or hold.' }],
 *   wordFilters: [WordFilter.profanity()],
 *   sensitiveInformation: [
 *     SensitiveInformation.pii(PiiEntity.EMAIL),
 *     SensitiveInformation.regex({ name: 'Customer number', pattern: 'C-[0-9]{8}', inputAction: FilterAction.NONE }),
 *   ],
 *   crossRegion: Geography.EU,
 * });
 * new ChatbotApi(this, 'Chat', { guardrail });
 */
export class Guardrail extends Construct implements IGuardrail {
  /**
   * A guardrail that exists already, in this account or another.
   *
   * @param scope where the reference stands
   * @param id the reference's construct id
   * @param attributes which guardrail, and which version
   */
  public static fromAttributes(scope: Construct, id: string, attributes: GuardrailAttributes): IGuardrail {
    return new ImportedGuardrail(scope, id, attributes);
  }

  /**
   * A guardrail that lets streamed words through while it still checks them: the answer comes sooner, and words that should have been blocked may be read before
   * it is. It masks nothing in this mode, so one that does is refused.
   *
   * @param guardrail which guardrail; one that exists already must say that it masks nothing
   */
  public static asynchronous(guardrail: IGuardrail): IGuardrail {
    return new AsynchronousGuardrail(guardrail);
  }

  /** The guardrail itself, as its working draft. */
  public readonly resource: bedrock.CfnGuardrail;
  /** The version that is applied. */
  public readonly version: bedrock.CfnGuardrailVersion;
  public readonly guardrailId: string;
  public readonly guardrailArn: string;
  public readonly guardrailVersion: string;
  public readonly masksSensitiveInformation?: boolean;
  private readonly applyOptions: { encryptionKey?: kms.IKey; profileId?: string; reasoningArns?: string[] };

  constructor(scope: Construct, id: string, props: GuardrailProps = {}) {
    super(scope, id);
    requireGeography(this, props);
    requireLength(this, 'blockedInputMessage', props.blockedInputMessage, 1, 500);
    requireLength(this, 'blockedOutputMessage', props.blockedOutputMessage, 1, 500);
    requireLength(this, 'description', props.description, 1, 200);

    const content = this.renderContent(props);
    this.resource = this.defineGuardrail(props, content);
    this.version = this.defineVersion(content);
    this.guardrailId = this.resource.attrGuardrailId;
    this.guardrailArn = this.resource.attrGuardrailArn;
    this.guardrailVersion = this.version.attrVersion;
    this.masksSensitiveInformation = (props.sensitiveInformation ?? []).some((information) => information._masks);
    this.applyOptions = {
      encryptionKey: props.encryptionKey,
      profileId: props.crossRegion && profileId(props.crossRegion),
      reasoningArns: props.automatedReasoning?.policyArns,
    };
  }

  public grantApply(grantee: iam.IGrantable): iam.Grant {
    return grantApply(grantee, this.guardrailArn, this.applyOptions);
  }

  public bind(_scope: IConstruct, caller: iam.IGrantable): GuardrailBinding {
    this.grantApply(caller);
    return { guardrailId: this.guardrailId, guardrailVersion: this.guardrailVersion };
  }

  private renderContent(props: GuardrailProps): GuardrailContent {
    return {
      ...renderPolicies(this, props),
      blockedInputMessaging: props.blockedInputMessage ?? 'Sorry, I cannot help with that.',
      blockedOutputsMessaging: props.blockedOutputMessage ?? 'Sorry, I cannot answer that.',
      crossRegionConfig: props.crossRegion && {
        guardrailProfileArn: `arn:${Aws.PARTITION}:bedrock:${Aws.REGION}:${Aws.ACCOUNT_ID}:guardrail-profile/${profileId(props.crossRegion)}`,
      },
    };
  }

  private defineGuardrail(props: GuardrailProps, content: GuardrailContent): bedrock.CfnGuardrail {
    return new bedrock.CfnGuardrail(this, 'Resource', {
      ...content,
      name: Names.uniqueResourceName(this, { maxLength: 50, allowedSpecialCharacters: '-_' }),
      description: props.description,
      kmsKeyArn: props.encryptionKey?.keyArn,
    });
  }

  /** A version is a picture of the draft, taken once: its id carries a hash of the content, so that other content is another version. */
  private defineVersion(content: GuardrailContent): bedrock.CfnGuardrailVersion {
    const hash = createHash('sha256').update(JSON.stringify(Stack.of(this).resolve(content))).digest('hex').slice(0, 16);
    const version = new bedrock.CfnGuardrailVersion(this, `Version${hash}`, { guardrailIdentifier: this.resource.attrGuardrailId });
    // Deleting the guardrail deletes them all; until then a roll-back may need them.
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return version;
  }
}

type GuardrailContent = Omit<bedrock.CfnGuardrailProps, 'name' | 'description' | 'kmsKeyArn' | 'tags'>;

const profileId = (geography: Geography) => `${geography.prefix}.guardrail.v1:0`;
