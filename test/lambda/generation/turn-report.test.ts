import { TurnReport } from '../../../lambda/generation/turn-report';
import { systemClock } from '../../../lambda/kit/clock';
import { QuotaExceeded } from '../../../lambda/kit/http';
import { HOOK_METRICS } from '../../../lib/contract/chat-hooks';
import { QUOTA_METRICS } from '../../../lib/contract/chat-quotas';

test.each([true, false])('what fails before a model answers is counted for the chat as a whole (a router: %s)', (routed) => {
  const report = new TurnReport(0, systemClock, { routed });
  report.count(HOOK_METRICS.hookFailures);
  report.fail(Object.create(QuotaExceeded.prototype));
  expect(report.measured).toEqual([{ values: expect.objectContaining({ [HOOK_METRICS.hookFailures]: 1, [QUOTA_METRICS.quotaRefusals]: 1, Throttles: 0 }) }]);
});

test('a hook that fails beside an answer is counted for the chat, and again for the model, behind a router', () => {
  const report = new TurnReport(0, systemClock, { routed: true, group: 'premium' });
  report.note({ type: 'model', name: 'large', route: 'default' });
  report.count(HOOK_METRICS.hookFailures);
  expect(report.measured).toMatchObject([
    { about: { Model: 'large' }, values: { HookFailures: 1 } },
    { about: { Route: 'default' }, values: { RoutingDecisions: 1 } },
    { about: { Group: 'premium' }, again: true },
  ]);
});
