import { evaluationIn, type LogLine, noticeOf } from '../../local/logs';

const line = (text: string | object, kind: LogLine['kind'] = 'stdout') =>
  noticeOf({ time: 0, group: 'chat', kind, requestId: 'r1', line: typeof text === 'string' ? text : JSON.stringify(text) });

test.each<[string, string | object, LogLine['kind'], string]>([
  ['what a function writes to its standard error', 'TypeError: broken', 'stderr', 'chat: TypeError: broken (request r1)'],
  ['a time-out', '2026-01-01T00:00:00Z r1 Task timed out after 5.00 seconds', 'platform', 'chat: Task timed out after 5.00 seconds (request r1)'],
  ['a request that failed', { level: 'INFO', message: 'request', route: 'POST /v1/chat', status: 502, errorCode: 'hook_failed' }, 'stdout', 'chat: request POST /v1/chat 502 hook_failed (request r1)'],
  ['an answer that broke off', { message: 'request', status: 200, errorCode: 'model_unavailable' }, 'stdout', 'chat: request 200 model_unavailable (request r1)'],
  ['an error that a handler logs', { level: 'ERROR', message: 'unexpected error', error: 'AccessDenied', reason: 'no' }, 'stdout', 'chat: unexpected error AccessDenied no (request r1)'],
])('%s is a notice', (_, text, kind, notice) => {
  expect(line(text, kind)).toBe(notice);
});

test.each<[string, string | object, LogLine['kind']]>([
  ['an access log', '{"status":"500"}', 'access'],
  ['the end of an invocation', 'END RequestId: r1', 'platform'],
  ['words of a function', 'hello', 'stdout'],
  ['what only begins like JSON', '{ not JSON', 'stdout'],
  ['a request that was answered', { message: 'request', status: 200 }, 'stdout'],
  ['a request that the caller got wrong', { level: 'INFO', message: 'request', status: 400, errorCode: 'invalid_value' }, 'stdout'],
])('%s is none', (_, text, kind) => {
  expect(line(text, kind)).toBeUndefined();
});

test('an evaluation that ended says whether it passed and where its report lies, and nothing else does', () => {
  const said = (entry: object, kind: LogLine['kind'] = 'stdout') => evaluationIn({ kind, line: JSON.stringify(entry) });
  const ended = { message: 'evaluation', passed: false, report: 's3://results/runs/r1/report.html' };
  expect(said(ended)).toEqual({ passed: false, bucket: 'results', key: 'runs/r1/report.html' });
  expect([said({ ...ended, message: 'request' }), said(ended, 'access'), said({ message: 'evaluation' }), evaluationIn({ kind: 'stdout', line: 'evaluation' })]).toEqual([undefined, undefined, undefined, undefined]);
});
