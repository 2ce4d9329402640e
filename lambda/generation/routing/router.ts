import { classify } from './classify';
import { type Decision, decide, draw } from './decide';
import type { ModelFacts } from '../../../lib/contract/model';
import type { RoutingTable } from '../../../lib/contract/routing';
import type { Clock } from '../../ports/clock';
import type { Model } from '../../ports/model';
import { isBlank } from '../normalise';
import type { ModelRequest, Asker, ModelChoice, Models } from './models';
import { holds, question } from './signals';

export interface RouterPorts {
  readonly model: Model;
  readonly clock: Clock;
}

/** Many models behind one name. Which of them are throttled is known to this process only. */
export function router(table: RoutingTable, ids: readonly string[], { model, clock }: RouterPorts): Models {
  const models = table.models.map((facts, place): ModelFacts => ({ ...facts, id: ids[place] }));
  const coolUntil = new Map<string, number>();
  const isCool = ({ name }: ModelFacts) => (coolUntil.get(name) ?? 0) <= clock.now();

  const decided = async (request: ModelRequest, asker: Asker): Promise<Decision & Pick<ModelChoice, 'spent'>> => {
    const { classifier, otherwise } = table;
    const rule = decide(table, request, asker);
    if (rule || !classifier || asker.stop?.aborted || isBlank(question(request))) return rule ?? { target: otherwise, route: 'default' };
    const facts = models[classifier.model];
    const { target = otherwise, route, tokens } = await classify(classifier, facts, request, model, clock);
    return { target, route, spent: [{ facts, tokens }] };
  };

  return {
    offer: {
      name: table.name,
      inputs: [...new Set(models.flatMap(({ inputs }) => inputs))],
      ...(table.selectable && { choices: models.map(({ name }) => name) }),
    },
    routed: true,
    choose: async (request, asker) => {
      const named = models.find(({ name }) => name === request.model);
      if (named) return { models: [named], route: 'named' };
      const { target, route, spent } = await decided(request, asker);
      const first = models[draw(target, route, request, asker)];
      const able = [...new Set([first, ...table.fallback.map((place) => models[place])])].filter((facts) => canTake(facts, request));
      // No model of the chain can take what the request holds: one that can answers it, rather than none.
      const chain = able.length > 0 ? able : [models.find((facts) => canTake(facts, request)) ?? first];
      const order = [...chain.filter(isCool), ...chain.filter((facts) => !isCool(facts))];
      return { models: order, route: reason(order[0], chain[0], first, route), firstTokenMs: table.firstTokenMs, spent };
    },
    throttled: (name) => { coolUntil.set(name, clock.now() + table.coolDownMs); },
  };
}

/** A model that is not the chosen one stands in for it, and that is the reason. */
function reason(asked: ModelFacts, able: ModelFacts, chosen: ModelFacts, route: string): string {
  if (asked === chosen) return route;
  return asked === able ? 'fallback:unable' : 'fallback:cooling';
}

function canTake({ inputs, tools }: ModelFacts, request: ModelRequest): boolean {
  if ((['image', 'document'] as const).some((kind) => !inputs.includes(kind) && holds(request, kind))) return false;
  return tools !== 'none' || request.tools.length === 0;
}
