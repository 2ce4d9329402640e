import { type FunctionSurroundings, readFunction } from './function';
import { FunctionPool, type PoolOptions } from './pool';

/** The functions of a deployment, by their ARNs. */
export function deployedFunctions(surroundings: FunctionSurroundings, options: PoolOptions): Map<string, FunctionPool> {
  const { deployment } = surroundings;
  const makers = deployment.serviceTokens();
  const functions = new Map<string, FunctionPool>();
  for (const resource of deployment.resources('AWS::Lambda::Function')) {
    // The CDK's own are written in Python, and what they would make is read from the template.
    if (makers.has(deployment.attribute(resource, 'Arn')) && !String(deployment.property(resource, 'Runtime')).startsWith('nodejs')) continue;
    const definition = readFunction(resource, surroundings);
    functions.set(definition.arn, new FunctionPool(definition, options));
  }
  return functions;
}

/** Has others take the place of functions of the same ARNs, which end. */
export async function replaceFunctions(functions: Map<string, FunctionPool>, others: ReadonlyMap<string, FunctionPool>): Promise<void> {
  const before = [...others.keys()].map((functionArn) => functions.get(functionArn));
  others.forEach((pool, functionArn) => functions.set(functionArn, pool));
  await Promise.all(before.map((pool) => pool?.stop()));
}
