import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { HANDLER_BUNDLE } from '../../projenrc/handler-bundle';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parts-'));
  for (const name of ['chat', 'parts', 'out']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'parts/heavy.ts'), 'export const heavy = () => "heavy";');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a part is a file beside the handler, loaded when it is first used', async () => {
  writeFileSync(join(folder, 'chat/index.ts'), 'export const answer = async () => (await import("../parts/heavy.js")).heavy();');
  await bundled('chat/index.ts', 'index.js');
  expect(answered()).toBe('Cannot find module \'./heavy.js\'');
  await bundled('parts/heavy.ts', 'heavy.js');
  expect(answered()).toBe('heavy');
});

test('refuses a part that every start would load', async () => {
  writeFileSync(join(folder, 'chat/index.ts'), 'export { heavy } from "../parts/heavy";');
  await expect(bundled('chat/index.ts', 'index.js')).rejects.toThrow('a part is loaded when it is needed: await import(\'../parts/heavy\')');
});

async function bundled(entry: string, outfile: string) {
  await build({ ...HANDLER_BUNDLE, entryPoints: [join(folder, entry)], outfile: join(folder, 'out', outfile), logLevel: 'silent' });
}

function answered(): string {
  const script = 'require(process.argv[1]).answer().then(console.log, ({ message }) => console.log(message.split("\\n")[0]))';
  return execFileSync(process.execPath, ['-e', script, join(folder, 'out/index.js')], { encoding: 'utf8' }).trim();
}
