import { expandActions } from './actions';
import { NamedPolicy } from './evaluate';
import { many, matchesArn, PolicyStatement, statementsOf } from './policy';
import { reasonUnseen, reasonUntouched } from './unseen';

/** One action that one statement of a role allows. */
export interface Grant {
  readonly policy: string;
  /** Position of the statement in its policy, from 0. */
  readonly statement: number;
  readonly action: string;
  readonly resources: readonly string[];
}

export interface RoleReport {
  readonly role: string;
  readonly used: readonly Grant[];
  /** Allowed, and no call needed it. */
  readonly unused: readonly Grant[];
  /** Resources of a used grant that no call touched. */
  readonly untouched: readonly Grant[];
  /** Allowed, and no call on this machine could need it. */
  readonly unseen: readonly (Grant & { readonly reason: string })[];
  /** Actions that do not exist. */
  readonly unknown: readonly Grant[];
  /** What the role asked for in vain. */
  readonly denied: readonly { readonly action: string; readonly resource: string }[];
}

export interface IamReport {
  readonly roles: readonly RoleReport[];
}

/** A decision that came out as yes, and the statement that made it so. */
export interface Use {
  readonly policy: string;
  readonly statement: number;
  readonly action: string;
  readonly resource: string;
}

export interface RoleUse {
  readonly role: string;
  readonly holders?: readonly string[];
  readonly policies: readonly NamedPolicy[];
  readonly uses: readonly Use[];
  readonly denied: RoleReport['denied'];
}

/** Holds what each role may do against what it did; `services` are those that run here, by IAM prefix. */
export async function reportUse(roles: readonly RoleUse[], services: ReadonlySet<string>): Promise<IamReport> {
  return { roles: await Promise.all(roles.map((role) => reportRole(role, services))) };
}

async function reportRole({ role, holders, policies, uses, denied }: RoleUse, services: ReadonlySet<string>): Promise<RoleReport> {
  const report = { used: [] as Grant[], unused: [] as Grant[], untouched: [] as Grant[], unseen: [] as (Grant & { reason: string })[], unknown: [] as Grant[] };
  for (const { name: policy, document } of policies) {
    for (const [statement, body] of statementsOf(document).entries()) {
      const { actions, unknown } = await expandActions(body);
      const resources = resourcesOf(body);
      report.unknown.push(...unknown.map((action) => ({ policy, statement, action, resources })));
      if (body.Effect !== 'Allow') continue;
      for (const action of actions) {
        const grant = { policy, statement, action, resources };
        const calls = uses.filter((use) => use.policy === policy && use.statement === statement && covers(action, use.action));
        // A role that somebody was seen to use is held by something that runs here.
        const reason = reasonUnseen(action, services, uses.length > 0 ? [] : holders);
        if (calls.length > 0) report.used.push(grant);
        else if (reason) report.unseen.push({ ...grant, reason });
        else report.unused.push(grant);
        const idle = calls.length === 0 ? [] : resources.filter((resource) => !calls.some((use) => resource === '*' || matchesArn(resource, use.resource)));
        for (const resource of idle) {
          const why = reasonUntouched(resource);
          if (why) report.unseen.push({ ...grant, resources: [resource], reason: why });
          else report.untouched.push({ ...grant, resources: [resource] });
        }
      }
    }
  }
  return { role, ...report, denied };
}

function covers(granted: string, used: string): boolean {
  return !granted.includes(':') || granted.toLowerCase() === used.toLowerCase();
}

function resourcesOf({ Resource, NotResource }: PolicyStatement): readonly string[] {
  return NotResource ? [`everything but ${many(NotResource).join(', ')}`] : many(Resource);
}

/** The report as text for a terminal; roles that were granted nothing are left out. */
export function reportText({ roles }: IamReport): string {
  return roles.map(roleLines).filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`).join('\n');
}

function roleLines(role: RoleReport): string[] {
  const lines = [
    ...section('never used', grantLines(role.unused)),
    ...section('resources never touched', grantLines(role.untouched)),
    ...section('actions that do not exist', grantLines(role.unknown)),
    ...section('denied', role.denied.map(({ action, resource }) => `    ${action} on ${resource}`)),
    ...section('cannot be seen locally', reasonLines(role.unseen)),
    ...section('used', grantLines(role.used)),
  ];
  return lines.length > 0 ? [role.role, ...lines] : [];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`  ${title}`, ...lines] : [];
}

/** Actions of one statement stand together, above the resources that they share. */
function grantLines(grants: readonly Grant[]): string[] {
  return groups(grants, ({ policy, statement, resources }) => JSON.stringify([policy, statement, resources])).flatMap((group) => [
    `    ${group.map(({ action }) => action).join(', ')}`,
    ...group[0].resources.map((resource) => `      on ${resource}`),
    `      by ${group[0].policy}, statement ${group[0].statement}`,
  ]);
}

function reasonLines(grants: RoleReport['unseen']): string[] {
  return groups(grants, ({ reason }) => reason).map((group) => `    ${[...new Set(group.map(({ action }) => action))].join(', ')}: ${group[0].reason}`);
}

function groups<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const item of items) found.set(key(item), [...found.get(key(item)) ?? [], item]);
  return [...found.values()];
}
