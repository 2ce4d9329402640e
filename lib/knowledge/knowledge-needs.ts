import { type Construct } from 'constructs';
import { type IKnowledge } from './knowledge';
import { type CalledService, type FunctionPlacement, type Posture } from '../posture';

/** Places what calls these services where it reaches a database too; `byPosture` says where it would run without one. */
export type PlaceBeside = (scope: Construct, calls: CalledService[], byPosture: Place) => FunctionPlacement | undefined;

type Place = (scope: Construct, calls: CalledService[]) => FunctionPlacement | undefined;

/** What a handler needs to look passages up in knowledge that is no knowledge base of Bedrock. */
export interface KnowledgeNeeds {
  /** Parts that lie beside it. */
  readonly parts: readonly string[];
  readonly calls: readonly CalledService[];
  /** Where it runs, where that is not for the posture alone to say. */
  readonly place?: PlaceBeside;
  /** Whether it is kept in a database that is connected to, and not called over HTTPS. @default false */
  readonly connects?: boolean;
}

/** Where functions run, where a database may have a say in it. */
export function placing(posture: Posture, place?: PlaceBeside): Place {
  const byPosture: Place = (scope, calls) => posture.placeFunction(scope, calls);
  return place ? (scope, calls) => place(scope, calls, byPosture) : byPosture;
}

/** Knowledge that says what its callers need; undefined for knowledge bases of Bedrock, which all need the same. */
export function needsOf(knowledge: IKnowledge): KnowledgeNeeds | undefined {
  return (knowledge as { readonly _needs?: KnowledgeNeeds })._needs;
}
