// Installs the packed library into an empty CDK app beside the newest aws-cdk-lib, as a user does: synthesizes a chatbot there without Docker,
// esbuild or pip in reach, and compiles the library's sources there. Run by .ci/run; it needs the npm registry, so `npm test` leaves it out.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pack } from '../../bench/tarball';

const APP = `
const { App, Stack } = require('aws-cdk-lib');
const { ChatbotApi } = require('cdk-genai-patterns');
const app = new App();
new ChatbotApi(new Stack(app, 'Chatbot'), 'Chat');
app.synth();
`;

const USER = `
import { App, Stack } from 'aws-cdk-lib';
import { ChatbotApi, Model } from 'cdk-genai-patterns';
const chat: ChatbotApi = new ChatbotApi(new Stack(new App(), 'Chatbot'), 'Chat', { model: Model.foundation('amazon.nova-micro-v1:0') });
export const url: string = chat.url;
`;

interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
}

interface Assets {
  readonly files: Record<string, { readonly source: { readonly path: string; readonly packaging: string } }>;
}

const root = resolve(__dirname, '../..');

const passed: string[] = [];
function check(sentence: string, holds: boolean) {
  if (!holds) throw new Error(`not so: ${sentence}`);
  passed.push(sentence);
  console.log(`  ok  ${sentence}`);
}

/** A folder for the PATH that holds Node and nothing else. */
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

/** Adds the library to an empty app. */
function install(app: string) {
  const npm = (...packages: string[]) => execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: app, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'empty-app', version: '1.0.0', private: true }));
  npm('aws-cdk-lib@2', 'constructs@10');
  const before = installed(app);
  npm(pack(app).path);
  const added = installed(app).filter((path) => !before.includes(path));
  check('installing the library adds one package', added.length === 1 && added[0] === 'node_modules/cdk-genai-patterns');
  check('esbuild is not among the packages', !existsSync(join(app, 'node_modules/esbuild')));
}

function synthesize(app: string): string {
  const PATH = barePath(app);
  check('neither Docker nor esbuild nor pip is in reach', readdirSync(PATH).join() === 'node');
  writeFileSync(join(app, 'app.js'), APP);
  const outdir = join(app, 'cdk.out');
  // aws-cdk-lib's own validation of the template is on.
  execFileSync(process.execPath, ['app.js'], { cwd: app, stdio: ['ignore', 'inherit', 'inherit'], env: { PATH, HOME: app, CDK_OUTDIR: outdir } });
  check('the app synthesizes', true);
  return outdir;
}

function inspect(outdir: string) {
  const template = JSON.parse(readFileSync(join(outdir, 'Chatbot.template.json'), 'utf8')) as { Resources: Record<string, Resource> };
  const resources = Object.values(template.Resources);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  for (const type of ['AWS::ApiGateway::RestApi', 'AWS::DynamoDB::GlobalTable', 'AWS::Lambda::Function', 'AWS::Cognito::UserPool']) {
    check(`the template has ${type}`, ofType(type).length > 0);
  }
  check('the template has no custom resource', !resources.some(({ Type }) => Type.startsWith('Custom::') || Type === 'AWS::CloudFormation::CustomResource'));

  const assets = JSON.parse(readFileSync(join(outdir, 'Chatbot.assets.json'), 'utf8')) as Assets;
  const handlers = Object.entries(assets.files).filter(([, { source }]) => source.packaging === 'zip');
  const codeKeys = ofType('AWS::Lambda::Function').map(({ Properties }) => (Properties?.Code as { S3Key: string }).S3Key);
  check('each handler is an asset of the assembly', codeKeys.length === handlers.length && codeKeys.every((key) => handlers.some(([hash]) => key === `${hash}.zip`)));
  check('each asset holds its bundle', handlers.every(([, { source }]) => existsSync(join(outdir, source.path, 'index.js'))));
}

/** The library's sources and a user's TypeScript, by the compiler of this repository against the newest aws-cdk-lib. */
function compile(app: string) {
  cpSync(join(root, 'lib'), join(app, 'lib'), { recursive: true, filter: (path) => !/\.(js|d\.ts)$/.test(path) });
  writeFileSync(join(app, 'user.ts'), USER);
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { noEmit: true, rootDir: '.', typeRoots: [join(root, 'node_modules/@types')], types: ['node'] },
    include: ['lib/**/*.ts', 'user.ts'],
  }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app], { stdio: 'inherit' });
  const { version } = JSON.parse(readFileSync(join(app, 'node_modules/aws-cdk-lib/package.json'), 'utf8')) as { version: string };
  check(`the library and an app compile against aws-cdk-lib ${version}`, true);
}

function main() {
  const app = mkdtempSync(join(tmpdir(), 'empty-app-'));
  try {
    install(app);
    inspect(synthesize(app));
    compile(app);
  } finally {
    if (dirname(app) === tmpdir()) rmSync(app, { recursive: true, force: true });
  }
}

try {
  main();
  console.log(`install check: ${passed.length} passed, 0 failed`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.log(`install check: ${passed.length} passed, 1 failed`);
  process.exitCode = 1;
}
