import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type KnowledgePolicy } from '../contract/knowledge';

/** Documents that answers are given from. Every construct that answers takes one. */
export interface IKnowledge {
  /**
   * Lets a caller look passages up, and says all that the caller must know to do so.
   *
   * @param scope where errors and warnings are reported
   * @param caller who looks passages up
   */
  bind(scope: IConstruct, caller: IGrantable): KnowledgeBinding;
}

/** What a caller needs to look passages up. */
export class KnowledgeBinding {
  /** @internal */
  public readonly _policy: KnowledgePolicy;

  /**
   * @param policy what the handler looks passages up by, as the knowledge writes it
   */
  constructor(policy: any) {
    this._policy = policy as KnowledgePolicy;
  }
}
