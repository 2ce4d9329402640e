import { Lazy, Stack } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { warnOfUnknownGroups } from './caller-rules';
import { type AuthBinding } from '../api/auth-binding';
import { GROUP_METRICS, OTHER_GROUPS } from '../contract/chat-groups';
import { fail, requireCount, requirePattern, requireSome } from '../internal/validation';

/** Each is six metrics more, which are paid for by the month. */
const MOST_GROUPS = 10;

/** What CloudWatch takes as a dimension's value; a comma would part a claim that came as text. */
const NAME = /^(?![\s:])[ -+\--~]{1,128}(?<!\s)$/;

/** The groups of callers that are counted by themselves; they may be named after the handler was defined. */
export class GroupMetrics {
  private named: readonly string[] = [];

  constructor(private readonly scope: IConstruct) {}

  public add(groups: string[], auth: AuthBinding) {
    if (this.named.length > 0) fail(this.scope, 'addGroupMetrics must be called once, with all groups: of a caller in several, the first counts');
    requireSome(this.scope, 'groups', groups, "'premium'");
    requireCount(this.scope, 'groups', groups, 1, MOST_GROUPS);
    for (const group of groups) {
      requirePattern(this.scope, 'groups', group, NAME, 'names of 1 to 128 ASCII characters, without a comma, a colon at the beginning or spaces around them');
    }
    const twice = groups.find((group, place) => groups.indexOf(group) !== place);
    if (twice !== undefined) fail(this.scope, `'groups' must name each group once, got '${twice}' twice`);
    if (groups.includes(OTHER_GROUPS)) fail(this.scope, `'groups' must not have '${OTHER_GROUPS}', which is what all who are in none of them are counted as: leave it out`);
    warnOfUnknownGroups(this.scope, auth);
    this.named = [...groups];
  }

  /** Every value of the dimension `Group`; empty where no groups were named. */
  public get all(): readonly string[] {
    return this.named.length > 0 ? [...this.named, OTHER_GROUPS] : [];
  }

  /** Refuses what nothing is counted for. */
  public require(group: string, metricName: string) {
    if (!GROUP_METRICS.some((name) => name === metricName)) fail(this.scope, `'metricName' must be one of ${GROUP_METRICS.join(', ')}, got '${metricName}'`);
    if (this.all.includes(group)) return;
    const counted = this.all.length > 0 ? `one of ${this.all.join(', ')}` : 'one that addGroupMetrics has named before';
    fail(this.scope, `'group' must be ${counted}, got '${group}'`);
  }

  public get environment(): string {
    // Not kept once it was asked for: how long the environment is, is asked before groups are named.
    return Lazy.uncachedString({ produce: () => (this.named.length > 0 ? Stack.of(this.scope).toJsonString(this.named) : '') });
  }
}
