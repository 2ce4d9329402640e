import { existsSync, readdirSync } from 'node:fs';
import { awscdk } from 'projen';

/** The table of docs/architecture.md as lint rules: who may import whom, no circles, no file over 350 lines. */
export function houseRules(project: awscdk.AwsCdkConstructLibrary) {
  const constructs = ['chatbot-api', 'managed-rag', 'diy-rag', 'agent-workflow', 'batch-pipeline', 'self-hosted-model', 'enterprise-platform'];
  const sockets = ['api', 'model', 'knowledge', 'tool', 'guardrail', 'rails', 'posture', 'observability', 'rag'];
  const room = (name: string) => `./lib/${name}`;
  const folders = readdirSync('lambda').filter((name) => name !== 'dist').sort();
  const handlers = folders.filter((name) => existsSync(`lambda/${name}/index.ts`));
  const cores = folders.filter((name) => !handlers.includes(name));
  const handler = (name: string) => `./lambda/${name}`;

  const zones = [
    { target: './lib/contract', from: ['./lib', './lambda', './local', './node_modules'], except: ['./contract'], message: 'lib/contract imports nothing' },
    { target: './lib/internal', from: [...constructs, ...sockets].map(room), message: 'lib/internal stands below the public rooms' },
    ...sockets.map((socket) => ({ target: room(socket), from: constructs.map(room), message: 'a socket knows no construct' })),
    ...constructs.filter((name) => name !== 'enterprise-platform').map((name) => ({
      target: room(name), from: constructs.filter((other) => other !== name).map(room), message: 'constructs meet through sockets, never as siblings',
    })),
    { target: './lib', from: ['./lambda', './local', './examples', './test', './bench', './projenrc'], message: 'lib is the bottom of the house' },
    { target: './lambda', from: ['./local', './examples', './test', './bench'], message: 'handlers import contract, ports, adapters and kit' },
    { target: './lambda', from: [room('internal'), ...[...constructs, ...sockets].map(room)], message: 'lib/contract is the only door between lib and lambda' },
    { target: './lambda/ports', from: ['./lambda/adapters', './lambda/kit'], message: 'ports import nothing but contract' },
    ...handlers.map((name) => ({
      target: handler(name), from: handlers.filter((other) => other !== name).map(handler), message: 'what two handlers need has a room of its own: generation, knowledge, kit',
    })),
    ...cores.map((name) => ({ target: handler(name), from: handlers.map(handler), message: 'what handlers are made of knows none of them' })),
    { target: './lambda/generation', from: ['./lambda/knowledge'], message: 'knowledge stands on generation, not the other way round' },
    { target: './lambda/kit', from: ['./lambda/generation', './lambda/knowledge', './lambda/adapters', './lambda/parts'], message: 'the kit knows contract only' },
    { target: './lambda/parts', from: ['generation', 'knowledge'].map(handler), message: 'a part is one more adapter: it knows ports and adapters, no core of answers' },
    { target: './local', from: ['./lambda', './examples', './test', './bench', room('internal'), ...[...constructs, ...sockets].map(room)], message: 'local reads the public index and lib/contract' },
    { target: './examples', from: ['./lambda', './local', './test', './bench', room('internal'), room('contract'), ...[...constructs, ...sockets].map(room)], message: 'examples use the public index, as users do' },
  ];

  project.eslint?.addRules({
    'max-lines': ['error', { max: 350, skipBlankLines: false, skipComments: false }],
    'max-len': ['error', { code: 160, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreComments: true, ignoreRegExpLiterals: true }],
    'import/no-cycle': ['error'],
    'import/no-restricted-paths': ['error', { basePath: '.', zones: zones.map(({ from, ...zone }) => ({ ...zone, from })) }],
  });
  project.eslint?.addOverride({
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/member-ordering': 'off',
      '@stylistic/max-len': 'off',
    },
  });
  // Handlers run in AWS with what is bundled into them, so the rule about run-time dependencies does not speak of them.
  project.eslint?.addOverride({
    files: ['lambda/**/*.ts', 'local/**/*.ts', 'examples/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts', 'projenrc/**/*.ts'],
    rules: { 'import/no-extraneous-dependencies': ['error', { devDependencies: true }] },
  });
  // A core is a function of its request, its policy and its ports; clocks, environment and clients come in through index.ts.
  project.eslint?.addOverride({
    files: ['lambda/*/**/*.ts'],
    excludedFiles: ['lambda/*/index.ts', 'lambda/adapters/*.ts', 'lambda/parts/*.ts', 'lambda/kit/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: ['@aws-sdk/*', '@aws-lambda-powertools/*', '**/adapters/*', '**/parts/*'], message: 'a core imports ports, not clients' }] }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'read it in index.ts' }, { object: 'Date', property: 'now', message: 'take a clock' }],
    },
  });
}
