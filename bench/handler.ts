import { copyFileSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, buildSync, type Plugin } from 'esbuild';
import { root } from './measure';
import { CHAT_ENV, type ChatEnv } from '../lib/contract/chat';
import type { ModelFacts } from '../lib/contract/model';
import { HANDLER_BUNDLE, HANDLER_FLAGS } from '../projenrc/handler-bundle';

const dist = join(root, 'lambda/dist');

export const chatBundle = join(dist, 'chat.js');

/** The files of each bundle, itself first, as they were made together. */
export function filesOfBundles(): Readonly<Record<string, readonly string[]>> {
  return JSON.parse(readFileSync(join(dist, 'bundles.json'), 'utf8')) as Record<string, string[]>;
}

/** What bundles weigh together, in bytes; what they share counts once. */
export function weightOf(...names: readonly string[]): number {
  const needed = filesOfBundles();
  return [...new Set(names.flatMap((name) => needed[name]))].reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
}

/** Lays each handler and what it needs into a folder under its name, as somebody would who writes a stack by hand. */
export function layHandlersOut(folder: string) {
  for (const [name, files] of Object.entries(filesOfBundles())) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const file of files) copyFileSync(join(dist, file), join(folder, name, file === `${name}.js` ? 'index.js' : file));
  }
}

/** Bundles a yardstick with the flags of our own handlers, and with all that the SDK brings. */
export function bundle(entry: string, outfile: string) {
  buildSync({ ...HANDLER_FLAGS, entryPoints: [join(__dirname, entry)], outfile });
}

/** The chat handler as it is packed, but for one adapter that does nothing: what it costs is the difference. */
export async function bundleWithout(adapter: string, standIn: string, outfile: string) {
  const silence: Plugin = {
    name: 'stand-in',
    setup: ({ onResolve }) => onResolve({ filter: new RegExp(`/adapters/${adapter}$`) }, () => ({ path: join(__dirname, standIn) })),
  };
  await build({ ...HANDLER_BUNDLE, plugins: [silence, ...HANDLER_BUNDLE.plugins], entryPoints: [join(root, 'lambda/chat/index.ts')], outfile });
}

const model: ModelFacts = {
  id: 'global.amazon.nova-2-lite-v1:0',
  name: 'global.amazon.nova-2-lite-v1:0',
  contextTokens: 1_000_000,
  outputTokens: 64_000,
  tools: 'streaming',
  sampling: 'both',
  inputs: ['text'],
  prices: { input: 0.3, output: 2.5 },
};

const chatEnv: ChatEnv = {
  TABLE_NAME: 'conversations',
  CACHE: '',
  AGENT_MEMORY: '',
  CONTENT_BUCKET: 'content',
  ATTACHMENTS: '',
  MODEL: JSON.stringify(model),
  ROUTED_MODELS: '',
  GENERATION: JSON.stringify({ maxTokens: 4096 }),
  TRANSPORT: 'rest',
  CALLER: 'cognito',
  TOKENS: '',
  SOCKET: '',
  HISTORY_TOKENS: '64000',
  SUMMARY: '',
  RETENTION_SECONDS: '',
  GUARDRAIL: '',
  HOOKS: '',
  KNOWLEDGE: '',
  QUOTAS: '',
  QUOTA_TABLE: '',
  USER_GROUPS: '',
  CORS_ORIGINS: '',
  SERVICE: 'Chat',
};

/** What Lambda and the stack give a handler at start: nothing of this machine's own settings reaches it. */
export function handlerEnv(changes: Partial<ChatEnv> = {}): Record<string, string> {
  const absent = CHAT_ENV.filter((key) => chatEnv[key] === undefined);
  if (absent.length > 0) throw new Error(`the chat handler reads ${absent.join(', ')}, which this benchmark does not set`);
  return {
    ...chatEnv,
    ...changes,
    PATH: process.env.PATH ?? '',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDBENCH',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  };
}
