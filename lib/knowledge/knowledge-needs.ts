import { type IKnowledge } from './knowledge';
import { type CalledService } from '../posture';

/** What a handler needs to look passages up in knowledge that is no knowledge base of Bedrock. */
export interface KnowledgeNeeds {
  /** Parts that lie beside it. */
  readonly parts: readonly string[];
  readonly calls: readonly CalledService[];
}

/** Knowledge that says what its callers need; undefined for knowledge bases of Bedrock, which all need the same. */
export function needsOf(knowledge: IKnowledge): KnowledgeNeeds | undefined {
  return (knowledge as { readonly _needs?: KnowledgeNeeds })._needs;
}
