import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CorpusFormat } from '../../lib/diy-rag';

const SCRIPT = join(__dirname, '../../lib/diy-rag/bulk/corpus.py');
// It is written for Glue 5.0, which has Python 3.11.
const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
if (!python) console.info('corpus.py is not run: there is no python3 of 3.9 or later here');

(python ? test : test.skip)('the script of a corpus makes of records what its own tests say', () => {
  const { status, stderr } = spawnSync('python3', ['-B', join(__dirname, 'corpus_test.py')], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/Ran \d+ tests[^]*OK/) });
});

test('the script reads every parameter that the job is given, and knows all formats but text as Glue names them', () => {
  const script = readFileSync(SCRIPT, 'utf8');
  const [, list] = /PARAMETERS = (\[.*\])/.exec(script) ?? [];
  expect(JSON.parse(list)).toEqual(['corpus', 'format', 'id_column', 'text_column', 'title_column', 'fields', 'target_bucket', 'target_prefix']);
  expect(Object.values(CorpusFormat)).toEqual(['parquet', 'csv', 'json', 'text']);
});
