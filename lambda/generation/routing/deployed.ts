import { type Models, oneModel } from './models';
import { router, type RouterPorts } from './router';
import type { ChatEnv } from '../../../lib/contract/chat';
import type { ModelFacts } from '../../../lib/contract/model';
import type { RoutingTable } from '../../../lib/contract/routing';

/** What a deployment answers with: one model, or those of a router. */
export function readModels({ MODEL, ROUTED_MODELS }: Pick<ChatEnv, 'MODEL' | 'ROUTED_MODELS'>, table: string, ports: RouterPorts): Models {
  if (ROUTED_MODELS === '') return oneModel(JSON.parse(MODEL) as ModelFacts);
  return router(JSON.parse(table) as RoutingTable, JSON.parse(ROUTED_MODELS) as string[], ports);
}
