import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { State } from '../../local/state';

const folder = mkdtempSync(join(tmpdir(), 'state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a report is kept in its folder alone, whatever its key is, for nobody else to read', () => {
  const path = new State(folder).keepReport('runs/../../r1/report.html', Buffer.from('<p>83.3</p>'));
  expect(path).toBe(join(folder, 'reports', 'runs-..-..-r1-report.html'));
  expect(readFileSync(path, 'utf8')).toBe('<p>83.3</p>');
  expect((statSync(path).mode % 0o1000).toString(8)).toBe('600');
});
