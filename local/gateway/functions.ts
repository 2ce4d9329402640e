import type { RestApi } from './api';
import type { FunctionPool } from '../lambda/pool';

/** The functions that an API's methods are answered by. */
export function functionsBehind(api: RestApi, pools: ReadonlyMap<string, FunctionPool>): FunctionPool[] {
  const arns = new Set([...api.resources.values()].flatMap(({ methods }) => [...methods.values()].map(({ integration }) => integration.functionArn)));
  return [...arns].flatMap((functionArn) => pools.get(functionArn ?? '') ?? []);
}
