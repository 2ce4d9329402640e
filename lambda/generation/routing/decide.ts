import { createHash } from 'node:crypto';
import type { ModelRequest, Asker } from './models';
import { fits } from './signals';
import type { RoutingTable, RoutingTarget } from '../../../lib/contract/routing';

export interface Decision {
  readonly target: RoutingTarget;
  readonly route: string;
}

/** The first rule that fits. A function of the request and of who asks, so that the same is always decided alike. */
export function decide({ rules }: RoutingTable, request: ModelRequest, asker: Asker): Decision | undefined {
  const rule = rules.find(({ when }) => when.every((trait) => fits(trait, request, asker)));
  return rule && { target: rule.to, route: `rule:${rule.name}` };
}

/**
 * One model of those that share the callers. A conversation stays with its model, and so does a caller without one; every route draws anew,
 * so that two experiments do not put the same people together.
 */
export function draw(target: RoutingTarget, route: string, { conversationId }: ModelRequest, { caller }: Asker): number {
  const whole = target.reduce((sum, { weight }) => sum + weight, 0);
  const who = JSON.stringify([route, caller, conversationId ?? null]);
  let left = createHash('sha256').update(who).digest().readUIntBE(0, 6) / 2 ** 48 * whole;
  return (target.find(({ weight }) => (left -= weight) < 0) ?? target[target.length - 1]).model;
}
