import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, chatBundle, handlerEnv, weightOf } from './handler';
import { handlerRuntime, interleave } from './measure';
import type { Row } from './row';

/** The runtime's global stands in place before the handler is loaded, as it does in Lambda. */
const TIMER = `
  globalThis.awslambda = { streamifyResponse: (handler) => handler, HttpResponseStream: { from: (stream) => stream } };
  const start = performance.now();
  require(process.argv[1]);
  process.stdout.write(String(performance.now() - start));
  process.exit(0);`;

const load: Row = {
  name: 'load',
  title: 'time to load the chat handler, against a bundle of the Converse and DynamoDB clients alone',
  run: async ({ runs = 21 }) => {
    const { node, notes } = handlerRuntime();
    const folder = mkdtempSync(join(tmpdir(), 'bench-load-'));
    try {
      const yardstick = join(folder, 'converse-dynamodb.js');
      bundle('load/converse-dynamodb.ts', yardstick);
      const time = (file: string) => () => Number(execFileSync(node, ['-e', TIMER, file], { encoding: 'utf8', env: handlerEnv() }));
      const times = await interleave(runs, { yardstick: time(yardstick), chat: time(chatBundle) });
      const size = (bytes: number) => `${(bytes / 1024).toFixed(0)} KB`;
      return {
        figures: [
          { name: `clients alone, ${size(statSync(yardstick).size)}`, value: times.yardstick, unit: 'ms', kind: 'time' },
          { name: `chat handler, ${size(weightOf('chat'))}`, value: times.chat, unit: 'ms', kind: 'time' },
          { name: 'ratio', value: times.chat / times.yardstick, unit: '×', goal: 1.25, kind: 'time' },
        ],
        notes: [...notes, `medians of ${runs} fresh processes each, interleaved`],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

export default load;
