import { badRun, resultOf, summaryOf } from './a-run';
import { reportOf } from '../../../lambda/evaluate/report';

const FIRST = { history: [], before: new Map() };
const words = (html: string) => html.replace(/<style>[^]*<\/style>/, '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').replace(/ ([.,:;])/g, '$1');

describe('a run that failed', () => {
  const { summary, results, past } = badRun();
  const report = reportOf(summary, results, past);

  test('says so first, with what is missed and what it was before', () => {
    expect(words(report)).toContain('✗ Failed: 2 of 3 thresholds are missed Recall is 83.3, and must be at least 90; it was 95 in the last run. Silent where nothing answers is 0, and must be at least 80');
    expect(words(report)).toContain('The deployment that waited for this run was refused.');
    expect(report).toMatch(/<title>✗ /);
  });

  test('says what changed since the last run, and by which configuration that was', () => {
    expect(words(report)).toContain('Since the last run, of 2026-11-19 09:12 UTC, by another configuration (0a1b2c3d): 4 questions are worse, 0 better. What fell most: Silent where nothing answers −100, Recall −11.7.');
  });

  test('counts questions by what is wrong with them, and leads to each', () => {
    const links = [...report.matchAll(/<a href="#([\w-]+)">([^<]+): <b>(\d+)<\/b>/g)].map(([, id, title, count]) => [id, title, count]);
    expect(links.map(([, title, count]) => `${title} ${count}`)).toEqual(['Worse than in the last run 4', 'Failed 1', 'Not found 1', 'Said without a source 1', 'Answered although nothing answers it 1']);
    for (const [id] of links) expect(report).toContain(`<h2 id="${id}">`);
  });

  test('says of each why', () => {
    const told = words(report);
    expect(told).toContain('failed: the model was at its limit (ThrottlingException)');
    expect(told).toContain('hr/policies/2026/parental-leave-and-part-time-work-guideline-final-v3.md Found: hr/leave.md, it/vpn.md');
    expect(told).toContain('Recall 100 → 50 Precision 40 → 20 Reciprocal rank 100 → 33');
    expect(told).toContain('The head of finance signs everything.');
    expect(told).toContain('not answered → answered, although nothing answers it');
    expect(told).toMatch(/The moon has (very )+v?e?r?y?…/);
  });

  test('shows each measure against what is asked of it, the last run, and those before', () => {
    expect(report).toContain('aria-label="83.3, at least 90, 95 in the last run"');
    expect(report).toContain('aria-label="95, 91, 95, 83.3"');
    expect(report.match(/<div class="bar missed"/g)).toHaveLength(2);
    expect(report.match(/<div class="bar met"/g)).toHaveLength(1);
    expect(report.match(/<div class="bar free"/g)).toHaveLength(7);
  });
});

test('a run that passed says so, and nothing of questions that nothing is wrong with', () => {
  const last = summaryOf(19);
  const results = [0, 1].map((at) => resultOf(at));
  const now = summaryOf(20, {}, { previous: { run: last.run, measures: last.measures, drop: 0 } });
  const told = words(reportOf(now, results, { history: [last], before: new Map(results.map((each) => [each.id, each])) }));
  expect(told).toContain('✓ Passed: all 3 thresholds are met Since the last run, of 2026-11-19 09:12 UTC, by the same configuration: 0 questions are worse, 0 better. No measure fell by more than 5.');
  expect(told).not.toMatch(/Failed|refused|Not found|Worse/);
  expect(told).toContain('as before');
});

test('the first run is compared with none, and what could not be measured is said to be so', () => {
  const { thresholds, ...rest } = summaryOf(20);
  const [recall, ...others] = thresholds;
  const unmeasured = { ...rest, measures: { completeness: 1 }, thresholds: [{ ...recall, value: undefined, met: false }, ...others], passed: false };
  const report = reportOf(unmeasured, [resultOf(0)], FIRST);
  expect(words(report)).toContain('Recall could not be measured, and must be at least 90. This is the first run: there is none to compare it with.');
  expect(report).toContain('aria-label="not measured, at least 90"');
  expect(report).not.toContain('<svg');
});

test('tells of fifty questions of a kind, and how many more there are', () => {
  const report = reportOf(summaryOf(20), Array.from({ length: 53 }, (_, at) => resultOf(at, { missed: ['a.md'] })), FIRST);
  expect(report.match(/Found: hr\/leave\.md/g)).toHaveLength(50);
  expect(words(report)).toContain('And 3 more, in questions.jsonl.');
});
