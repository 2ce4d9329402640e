import { Token } from 'aws-cdk-lib';
import { type CfnGuardrail } from 'aws-cdk-lib/aws-bedrock';
import { type IConstruct } from 'constructs';
import { FilterAction } from './filter-action';
import { named, renderActions } from './filter-rendering';
import { type PiiEntity } from './pii-entity';
import { fail, requireLength } from '../internal/validation';

/** What happens to sensitive information in prompts and in answers. */
export interface SensitiveInformationActions {
  /**
   * What happens when a prompt holds it.
   *
   * @default FilterAction.ANONYMIZE
   */
  readonly inputAction?: FilterAction;
  /**
   * What happens when an answer holds it.
   *
   * @default FilterAction.ANONYMIZE
   */
  readonly outputAction?: FilterAction;
}

/** Sensitive information that only you know the shape of. */
export interface SensitivePattern extends SensitiveInformationActions {
  /** What the pattern finds, 1 to 100 characters; stands in the place of what is anonymised. */
  readonly name: string;
  /** Regular expression, 1 to 500 characters, without look-around. */
  readonly pattern: string;
  /**
   * What the pattern is for, 1 to 1000 characters.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * Sensitive information that a guardrail looks for.
 *
 * @example
 *
 * new Guardrail(this, 'Guardrail', {
 *   sensitiveInformation: [
 *     SensitiveInformation.pii(PiiEntity.EMAIL),
 *     SensitiveInformation.regex({ name: 'Customer number', pattern: 'C-[0-9]{8}', outputAction: FilterAction.BLOCK }),
 *   ],
 * });
 */
export class SensitiveInformation {
  /**
   * A kind of personal information that AWS recognises.
   *
   * @param entity which kind
   * @param actions what happens when it is found
   */
  public static pii(entity: PiiEntity, actions: SensitiveInformationActions = {}): SensitiveInformation {
    return new SensitiveInformation(entity, undefined, actions);
  }

  /**
   * What matches a regular expression, such as your own customer numbers.
   *
   * @param pattern the expression, its name, and what happens when it matches
   */
  public static regex(pattern: SensitivePattern): SensitiveInformation {
    return new SensitiveInformation(undefined, pattern, pattern);
  }

  private constructor(
    private readonly entity: PiiEntity | undefined,
    private readonly regex: SensitivePattern | undefined,
    private readonly actions: SensitiveInformationActions,
  ) {}

  /**
   * Whether what is found is replaced, in either direction.
   *
   * @internal
   */
  public get _masks(): boolean {
    const { inputAction = FilterAction.ANONYMIZE, outputAction = FilterAction.ANONYMIZE } = this.actions;
    return [inputAction, outputAction].includes(FilterAction.ANONYMIZE);
  }

  /** @internal */
  public _renderEntity(): CfnGuardrail.PiiEntityConfigProperty[] {
    return this.entity === undefined ? [] : [{ type: this.entity.name, ...this.renderActions() }];
  }

  /** @internal */
  public _renderRegex(scope: IConstruct): CfnGuardrail.RegexConfigProperty[] {
    if (this.regex === undefined) return [];
    const { name, pattern, description } = this.regex;
    requireLength(scope, 'sensitiveInformation.name', name, 1, 100);
    requireLength(scope, `sensitiveInformation[${name}].pattern`, pattern, 1, 500);
    requireExpression(scope, `sensitiveInformation[${name}].pattern`, pattern);
    requireLength(scope, `sensitiveInformation[${name}].description`, description, 1, 1000);
    return [{ name, pattern, description, ...this.renderActions() }];
  }

  /** The service asks for one action for both directions, too; the two directions' own actions replace it. */
  private renderActions() {
    const { inputAction = FilterAction.ANONYMIZE, outputAction = FilterAction.ANONYMIZE } = this.actions;
    return { action: named(outputAction), ...renderActions({ inputAction, outputAction }) };
  }
}

/** What other dialects write and JavaScript does not, as JavaScript writes it: flags within, named groups, quantifiers that give nothing back. */
const DIALECT: readonly [RegExp, string][] = [[/\(\?[a-z-]+\)/gi, ''], [/\(\?[a-z-]+:/gi, '(?:'], [/\(\?P</g, '(?<'], [/([*+?}])\+/g, '$1']];

/** Refuses what the service would refuse, and nothing that it knows better. */
function requireExpression(scope: IConstruct, prop: string, pattern: string): void {
  if (Token.isUnresolved(pattern)) return;
  const structure = pattern.replace(/\\./gs, '.').replace(/\[[^\]]+\]/g, '.');
  if (/\(\?<?[=!]/.test(structure)) fail(scope, `'${prop}' must be a regular expression without look-around, which the service does not know, got '${pattern}'`);
  try {
    new RegExp(DIALECT.reduce((text, [from, to]) => text.replace(from, to), structure));
  } catch (error) {
    fail(scope, `'${prop}' must be a regular expression, got '${pattern}': ${(error as Error).message.replace(/^.*: /s, '')}`);
  }
}
