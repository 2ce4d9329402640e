import { type ChildProcess, fork, type ForkOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, bundleWithout, chatBundle, handlerEnv } from './handler';
import { handlerRuntime, median } from './measure';
import type { Figure, Row } from './row';
import type { Done, Work } from './stream/worker';

const TOKENS = 200;
const BLOCK = 10;
const WARM_UP_BLOCKS = 12;
/** The SDK's notice that it will drop Node.js 20 some day is not what one wants to read here. */
const QUIET = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

type Side = 'sdk' | 'sdk over HTTP/2' | 'sdk, table' | 'chat' | 'chat, guardrail' | 'chat, new conversation' | 'chat, conversation' | 'chat, conversation without log';

/** Each way to run the chat handler, and the yardstick that makes the same calls over the same protocol. */
const YARDSTICKS = { 'chat': 'sdk', 'chat, guardrail': 'sdk', 'chat, conversation': 'sdk, table' } as const;

/** What a turn pays for each thing that is done beside the answer: one way to run the handler, and the same without it. */
const LAYERS: Readonly<Record<string, readonly [Side, Side]>> = {
  'guardrail': ['chat, guardrail', 'chat'],
  'keeping a turn, with its log': ['chat, new conversation', 'chat'],
  'history of five turns': ['chat, conversation', 'chat, new conversation'],
  'turn log': ['chat, conversation', 'chat, conversation without log'],
};

interface Times {
  readonly first: number[];
  readonly total: number[];
  readonly cpu: number[];
}

const stream: Row = {
  name: 'stream',
  title: 'streaming tokens through the chat handler, against the AWS SDK re-emitted as server-sent events',
  run: async ({ runs = 30 }) => {
    const { node, notes } = handlerRuntime();
    const folder = mkdtempSync(join(tmpdir(), 'bench-stream-'));
    const children: ChildProcess[] = [];
    const start = (file: string, options: ForkOptions, args: string[] = []) => {
      const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], ...options });
      children.push(child);
      return child;
    };
    try {
      const services = start(join(__dirname, 'stream/services.ts'), { execArgv: ['-r', 'ts-node/register'], env: { ...process.env, TS_NODE_PROJECT: join(__dirname, '../tsconfig.dev.json'), ...handlerEnv(), ...QUIET } }, [String(TOKENS)]);
      const { bedrock, table } = await next<{ bedrock: number; table: number }>(services);
      const [sdk, worker, withoutLog] = ['sdk', 'worker', 'without-log'].map((name) => join(folder, `${name}.js`));
      bundle('stream/sdk.ts', sdk);
      bundle('stream/worker.ts', worker);
      await bundleWithout('dynamo-turn-log', 'stream/silent-log.ts', withoutLog);

      const side = async (file: string, changes: Record<string, string> = {}) => {
        const env = { ...handlerEnv(), ...changes, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${bedrock}`, AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${table}` };
        const child = start(worker, { execPath: node, execArgv: [], env }, [file, String(table)]);
        await next(child);
        return child;
      };
      const sides: Record<Side, ChildProcess> = {
        'sdk': await side(sdk, { HTTP1: 'yes' }),
        'sdk over HTTP/2': await side(sdk),
        'sdk, table': await side(sdk, { HTTP1: 'yes', TABLE_CALLS: 'yes' }),
        'chat': await side(chatBundle),
        'chat, guardrail': await side(chatBundle, { GUARDRAIL: JSON.stringify({ id: 'guardrail', version: '1' }) }),
        'chat, new conversation': await side(chatBundle),
        'chat, conversation': await side(chatBundle),
        'chat, conversation without log': await side(withoutLog),
      };
      const times = await measure(sides, runs);
      return { figures: figures(times), notes: [...notes, `medians of ${runs} blocks of ${BLOCK} requests of ${TOKENS} tokens, interleaved; a conversation begins anew with each block; the table's own time is left out`] };
    } finally {
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(sides: Record<Side, ChildProcess>, runs: number): Promise<Record<Side, Times>> {
  const names = Object.keys(sides) as Side[];
  const times = Object.fromEntries(names.map((name) => [name, { first: [], total: [], cpu: [] }])) as unknown as Record<Side, Times>;
  for (let run = -WARM_UP_BLOCKS; run < runs; run++) {
    for (const name of names) {
      const done = await block(sides[name], conversations(name));
      if (run < 0) continue;
      times[name].first.push(...done.first);
      times[name].total.push(...done.total);
      times[name].cpu.push(done.cpu);
    }
  }
  return times;
}

/** One for the whole block, one for each request, or none. */
function conversations(name: Side): string[] {
  if (name === 'chat, new conversation') return Array.from({ length: BLOCK }, () => randomUUID());
  return name.includes('table') || name.includes('conversation') ? new Array<string>(BLOCK).fill(randomUUID()) : [];
}

async function block(child: ChildProcess, ids: readonly string[]): Promise<Done> {
  const bodies = Array.from({ length: BLOCK }, (_, index) => JSON.stringify({
    model: 'global.amazon.nova-2-lite-v1:0', messages: [{ role: 'user', content: `Question ${index}` }], stream: true, conversation_id: ids[index],
  }));
  const done = next<Done>(child);
  child.send({ bodies, tokens: TOKENS } satisfies Work);
  return done;
}

function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (code: number | null) => reject(new Error(`${child.spawnfile} ended early (${code})`));
    child.once('exit', gone);
    child.once('message', (message) => {
      child.off('exit', gone);
      resolve(message as T);
    });
  });
}

function figures(times: Record<Side, Times>): Figure[] {
  const measures = [['first', 'first token'], ['total', 'total'], ['cpu', 'CPU']] as const;
  const of = (name: Side, key: keyof Times) => median(times[name][key]);
  const rows = (Object.keys(times) as Side[]).flatMap((name) => measures.map(([key, label]): Figure => (
    { name: `${name}: ${label}`, value: of(name, key), unit: 'ms', kind: 'time' }
  )));
  const ratios = (Object.keys(YARDSTICKS) as (keyof typeof YARDSTICKS)[]).flatMap((name) => measures.map(([key, label]): Figure => (
    { name: `${name} / ${YARDSTICKS[name]}: ${label}`, value: of(name, key) / of(YARDSTICKS[name], key), unit: '×', goal: 1.3, kind: 'time' }
  )));
  const layers = Object.entries(LAYERS).flatMap(([layer, [whole, rest]]) => measures.map(([key, label]): Figure => (
    { name: `${layer}: ${label}`, value: of(whole, key) - of(rest, key), unit: 'ms', kind: 'time' }
  )));
  return [...rows, ...ratios, ...layers];
}

export default stream;
