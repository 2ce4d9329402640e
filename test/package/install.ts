// Installs the packed library into an empty CDK app, as a user does, and synthesizes a chatbot there without Docker, esbuild or pip in reach.
// Run by .ci/run; it needs the npm registry, so `npm test` leaves it out.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pack } from '../../bench/tarball';

const APP = `
const { App, Stack } = require('aws-cdk-lib');
const { ChatbotApi } = require('cdk-genai-patterns');
const app = new App();
new ChatbotApi(new Stack(app, 'Chatbot'), 'Chat');
app.synth();
`;

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly Metadata?: Record<string, string>;
}

const passed: string[] = [];
function check(sentence: string, holds: boolean) {
  if (!holds) throw new Error(`not so: ${sentence}`);
  passed.push(sentence);
  console.log(`  ok  ${sentence}`);
}

/** The only folder on the PATH: Node itself and what its shebang line asks for. */
function barePath(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  return bin;
}

function installed(app: string): string[] {
  const lock = JSON.parse(readFileSync(join(app, 'package-lock.json'), 'utf8')) as { packages: Record<string, unknown> };
  return Object.keys(lock.packages).filter((path) => path !== '');
}

function main() {
  const app = mkdtempSync(join(tmpdir(), 'empty-app-'));
  try {
    const npm = (...args: string[]) => execFileSync('npm', args, { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'empty-app', version: '1.0.0', private: true }));
    npm('install', '--no-audit', '--no-fund', 'aws-cdk-lib@2', 'constructs@10');
    const before = installed(app);
    const tarball = pack(app);
    npm('install', '--no-audit', '--no-fund', tarball.path);
    const added = installed(app).filter((path) => !before.includes(path));
    check('installing the library adds one package', added.length === 1 && added[0] === 'node_modules/cdk-genai-patterns');

    const PATH = barePath(app);
    for (const tool of ['docker', 'podman', 'finch', 'esbuild', 'pip', 'pip3', 'python3', 'npm', 'sh']) {
      check(`${tool} is out of reach`, !PATH.split(delimiter).some((folder) => existsSync(join(folder, tool))));
    }
    check('esbuild is not among the modules', !readdirSync(join(app, 'node_modules')).includes('esbuild'));

    writeFileSync(join(app, 'app.js'), APP);
    const outdir = join(app, 'cdk.out');
    // The version of aws-cdk-lib is the newest; its own validation of the template is on.
    execFileSync(process.execPath, ['app.js'], { cwd: app, stdio: ['ignore', 'inherit', 'inherit'], env: { PATH, HOME: app, CDK_OUTDIR: outdir } });

    const template = JSON.parse(readFileSync(join(outdir, 'Chatbot.template.json'), 'utf8')) as { Resources: Record<string, Resource> };
    const resources = Object.values(template.Resources);
    const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
    for (const type of ['AWS::ApiGateway::RestApi', 'AWS::DynamoDB::Table', 'AWS::Lambda::Function', 'AWS::Cognito::UserPool']) {
      check(`the template has ${type}`, ofType(type).length > 0);
    }
    check('the template has no custom resource', !resources.some(({ Type }) => Type.startsWith('Custom::') || Type === 'AWS::CloudFormation::CustomResource'));
    for (const handler of ofType('AWS::Lambda::Function')) {
      const asset = handler.Metadata?.['aws:asset:path'];
      check(`the code of a handler lies in the assembly (${asset})`, asset !== undefined && existsSync(join(outdir, asset, 'index.js')));
    }
    const version = (JSON.parse(readFileSync(join(app, 'node_modules/aws-cdk-lib/package.json'), 'utf8')) as { version: string }).version;
    console.log(`install check with aws-cdk-lib ${version}: ${passed.length} passed, 0 failed`);
  } finally {
    if (dirname(app) === tmpdir()) rmSync(app, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(`install check: ${passed.length} passed, 1 failed`);
  process.exitCode = 1;
}
