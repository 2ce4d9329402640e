import type { ModelFacts } from './model';

/**
 * What a router decides by lies beside the handler as a file, for it may be longer than an environment; absent where there is no router.
 * The ids of its models, which may be known at deploy time only, are in the environment.
 */
export const ROUTING_FILE = 'routing.json';

/** Models are told by their place in `models`. */
export interface RoutingTable {
  /** What clients call the router. */
  readonly name: string;
  readonly models: readonly Omit<ModelFacts, 'id'>[];
  /** The first that fits decides. */
  readonly rules: readonly RoutingRule[];
  readonly classifier?: RoutingClassifier;
  /** Where no rule fits, and the classifier does not say. */
  readonly otherwise: RoutingTarget;
  /** Models that answer where the chosen one does not, in this order. */
  readonly fallback: readonly number[];
  /** How long a model may take for its first word while another is left. */
  readonly firstTokenMs?: number;
  /** How long a throttled model is passed over. */
  readonly coolDownMs: number;
  /** Whether a request may name a model of the router. */
  readonly selectable: boolean;
}

/** One model, or several that share the callers by weight. */
export type RoutingTarget = readonly { readonly model: number; readonly weight: number }[];

export interface RoutingRule {
  readonly name: string;
  /** All of them must fit. */
  readonly when: readonly RoutingTrait[];
  readonly to: RoutingTarget;
}

/** What a request can be told by. */
export type RoutingTrait =
  | { readonly kind: 'tokens'; readonly over: number }
  | { readonly kind: 'language'; readonly languages: readonly string[] }
  | { readonly kind: 'image' | 'document' | 'tools' | 'code' | 'math' }
  /** The client's own word. */
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  /** From what was verified of the caller. */
  | { readonly kind: 'group'; readonly group: string };

export interface RoutingClassifier {
  readonly model: number;
  readonly timeoutMs: number;
  readonly classes: readonly { readonly name: string; readonly description: string; readonly to: RoutingTarget }[];
}
