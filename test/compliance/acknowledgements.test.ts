import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack, NIST80053R5Checks, PCIDSS321Checks, ServerlessChecks } from 'cdk-nag';
import { choices } from './choices';

const README = join(__dirname, '../../README.md');
/** The part of the README that this test writes. */
const LIST = /(<!-- acknowledgements -->\n)[\s\S]*(<!-- \/acknowledgements -->)/;

/** One reason, the findings that it answers, and where it stands. */
interface Acknowledgement {
  readonly reason: string;
  readonly findings: Set<string>;
  readonly places: Set<string>;
}

const built = choices();

const everywhere = () => [new AwsSolutionsChecks(), new ServerlessChecks()];
const whereRegulated = () => [new HIPAASecurityChecks(), new NIST80053R5Checks(), new PCIDSS321Checks()];

describe.each(built)('$name', ({ app, regulated }) => {
  const packs = [...everywhere(), ...(regulated ? whereRegulated() : [])];

  test.each(packs)('leaves no finding of $readPackName unacknowledged', (pack) => {
    expect(findings(pack, app)).toEqual([]);
  });
});

test('the README lists every acknowledgement with its reason', () => {
  const readme = readFileSync(README, 'utf8');
  const current = readme.replace(LIST, (_, start: string, end: string) => `${start}${render(collect(built.filter(({ single }) => single)))}${end}`);
  if (process.env.UPDATE_DOCS) writeFileSync(README, current);
  // Out of date? UPDATE_DOCS=1 npx jest test/compliance/acknowledgements writes it anew.
  expect(readFileSync(README, 'utf8')).toBe(current);
});

test('chats with every option on accept nothing that the list does not tell', () => {
  const listed = new Set(collect(built.filter(({ single }) => single)).map(({ reason }) => reason));
  const combined = collect(built.filter(({ single }) => !single));
  expect(combined.length).toBeGreaterThan(10);
  expect(combined.map(({ reason }) => reason).filter((reason) => !listed.has(reason))).toEqual([]);
});

test('an acknowledgement stands where its finding is, never on a stack or an app', () => {
  expect(collect().flatMap(({ places }) => [...places]).filter((place) => place === '')).toEqual([]);
});

test('no acknowledgement is left over: each answers a finding that is there without it', () => {
  const packs = [...everywhere(), ...whereRegulated()].map((pack) => Object.assign(pack, { isAcknowledged: () => false }));
  const found = built.flatMap(({ app }) => packs.flatMap((pack) => findings(pack, app)));
  const answersSome = (id: string, places: Set<string>) => [...places].some((place) => found.some((finding) => `${finding}/`.startsWith(`${id} ${place}/`)));
  expect(collect().flatMap(({ findings: ids, places }) => [...ids].filter((id) => !answersSome(id, places)))).toEqual([]);
});

/** What a pack finds, as the finding and where it is in the stack. */
function findings(pack: NagPack, app: App): string[] {
  return pack.validateScope(app).violations.flatMap(({ ruleName, violatingResources }) => violatingResources.map(({ constructPath }) => `${ruleName} ${withinStack(constructPath ?? '')}`));
}

const withinStack = (path: string) => path.split('/').slice(1).join('/');

function collect(from: typeof built = built): Acknowledgement[] {
  const byReason = new Map<string, Acknowledgement>();
  for (const { app } of from) {
    for (const construct of app.node.findAll()) {
      for (const { type, data } of construct.node.metadata) {
        if (type !== Validations.ACKNOWLEDGED_RULES_METADATA_KEY) continue;
        for (const [key, reason] of Object.entries(data as Record<string, string>)) {
          // aws-cdk-lib says which of its own resources CloudFormation's schema describes wrongly; that is not ours to answer for.
          if (key.startsWith('CloudFormation-Validate::')) continue;
          const id = key.replace(/^annotation::/i, '');
          const entry = byReason.get(reason) ?? { reason, findings: new Set(), places: new Set() };
          entry.findings.add(id);
          entry.places.add(withinStack(construct.node.path));
          byReason.set(reason, entry);
        }
      }
    }
  }
  return [...byReason.values()].sort((one, other) => (one.reason < other.reason ? -1 : 1));
}

function render(acknowledgements: Acknowledgement[]) {
  const code = (values: Set<string>) => [...values].sort().map((value) => `\`${value.replace(/\|/g, '\\|')}\``).join('<br>');
  return [
    '| Finding | Where | Why it is accepted |',
    '|---|---|---|',
    ...acknowledgements.map(({ findings: ids, places, reason }) => `| ${code(ids)} | ${code(places)} | ${reason} |`),
    '',
  ].join('\n');
}
