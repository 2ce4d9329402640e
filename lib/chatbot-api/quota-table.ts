import { Duration } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Construct, type IConstruct } from 'constructs';
import { type ChatQuotas, type QuotaLimit } from './chat-quotas';
import { QUOTAS, type QuotaLimit as Limit, type QuotasPolicy } from '../contract/chat-quotas';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireAtLeast, requireCount, requireDuration, requireLength, requireSome } from '../internal/validation';
import { type Build } from '../posture/build';
import { defineItemTable, grantItems } from '../posture/item-table';

/** Each is one more write before the model is asked. */
const MOST_LIMITS = 4;
const MOST_GROUPS = 20;

/** Counters of what callers have taken, in a table of their own: they are worth nothing once their window has ended. */
export class QuotaTable extends Construct {
  public readonly table: TableV2;
  public readonly policy: QuotasPolicy;

  constructor(scope: Construct, id: string, private readonly build: Build, quotas: ChatQuotas) {
    super(scope, id);
    this.policy = policyOf(scope, quotas);
    this.table = defineItemTable(this, 'Table', build, QUOTAS, { holds: 'state' });
  }

  public grantUse(role: ServiceRole) {
    grantItems(role, this.table, this.build, ['GetItem', 'UpdateItem']);
  }
}

function policyOf(scope: IConstruct, { user, groups = [] }: ChatQuotas): QuotasPolicy {
  if (user === undefined && groups.length === 0) fail(scope, "'quotas' must have 'user' or 'groups', such as { user: [{ window: Duration.days(1), tokens: 200000 }] }");
  requireCount(scope, 'quotas.groups', groups, 0, MOST_GROUPS);
  const twice = groups.find(({ name }, place) => groups.findIndex((other) => other.name === name) !== place);
  if (twice) fail(scope, `'quotas.groups' must name each group once, got '${twice.name}' twice`);
  return {
    user: limitsOf(scope, 'quotas.user', user) ?? [],
    groups: groups.map(({ name, member, together }) => {
      requireLength(scope, 'quotas.groups.name', name, 1, 128);
      if (member === undefined && together === undefined) fail(scope, `'quotas.groups[${name}]' must have 'member' or 'together'`);
      return { name, member: limitsOf(scope, `quotas.groups[${name}].member`, member), together: limitsOf(scope, `quotas.groups[${name}].together`, together) ?? [] };
    }),
  };
}

function limitsOf(scope: IConstruct, prop: string, limits: QuotaLimit[] | undefined): Limit[] | undefined {
  requireSome(scope, prop, limits, '{ window: Duration.days(1), tokens: 200000 }');
  requireCount(scope, prop, limits, 1, MOST_LIMITS);
  const windows = limits?.map(({ window }) => window?.toSeconds());
  const twice = windows?.find((seconds, place) => windows.indexOf(seconds) !== place);
  if (twice !== undefined) fail(scope, `'${prop}' must have each window once, got ${Duration.seconds(twice).toHumanString()} twice: put requests and tokens into one limit`);
  return limits?.map(({ window, requests, tokens }) => {
    requireDuration(scope, `${prop}.window`, window, Duration.minutes(1), Duration.days(31));
    if (requests === undefined && tokens === undefined) fail(scope, `'${prop}' must limit 'requests' or 'tokens' of each window`);
    requireAtLeast(scope, `${prop}.requests`, requests, 1);
    requireAtLeast(scope, `${prop}.tokens`, tokens, 1);
    return { windowSeconds: window.toSeconds(), requests, tokens };
  });
}
