import { fileKey } from '../../../lambda/chat/content-keys';
import { ChatApi, type ApiRequest } from '../fakes/api';
import { says } from '../fakes/model';

const make = (api: ChatApi, body: unknown, request: ApiRequest = {}) => api.call({ resource: '/v1/files', body, ...request });
const at = (api: ChatApi, method: string, id: string, caller = 'ada') => api.call({ method, resource: '/v1/files/{id}', id, raw: '', caller });

test('gives a place for one file, and the form that puts it there', async () => {
  const api = new ChatApi([says('')]);
  const { status, json } = await make(api, { filename: 'Über.pdf', purpose: 'user_data' });
  const { id, upload, ...file } = json();
  expect([status, id]).toEqual([200, 'file-run-1']);
  expect(file).toMatchObject({ object: 'file', filename: 'Über.pdf', bytes: 0, purpose: 'user_data', status: 'pending', expires_at: file.created_at + 86_400 });
  expect(upload).toEqual({ method: 'POST', url: 'https://bucket.example/', fields: { key: fileKey('ada', id) }, max_bytes: 4_718_592, expires_at: file.created_at + 900 });
  expect(api.objects.uploads).toEqual([{ key: fileKey('ada', id), labels: { filename: 'Über.pdf' }, maxBytes: 4_718_592, seconds: 900 }]);
});

test.each<[string, object, string]>([
  ['no name', {}, 'filename'],
  ['an empty name', { filename: '' }, 'filename'],
  ['a long name', { filename: 'a'.repeat(256) }, 'filename'],
  ['a purpose that is none here', { filename: 'a', purpose: 'fine-tune' }, 'purpose'],
])('refuses %s', async (_, body, param) => {
  const answer = await make(new ChatApi([says('')]), body);
  expect([answer.status, answer.json().error.param]).toEqual([400, param]);
});

test('reads and deletes the caller\'s own, and no one else\'s', async () => {
  const api = new ChatApi([says('')]);
  await api.objects.put(fileKey('ada', 'file-1'), 'hello', { labels: { filename: 'a.txt' } });
  expect((await at(api, 'GET', 'file-1')).json()).toMatchObject({ id: 'file-1', object: 'file', bytes: 5, filename: 'a.txt', status: 'processed' });
  for (const [method, id, caller] of [['GET', 'file-1', 'bob'], ['DELETE', 'file-1', 'bob'], ['GET', 'file-2', 'ada'], ['GET', 'file-../x', 'ada']]) {
    const answer = await at(api, method, id, caller);
    expect([answer.status, answer.json().error.code]).toEqual([404, 'file_not_found']);
  }
  expect((await at(api, 'DELETE', 'file-1')).json()).toEqual({ id: 'file-1', object: 'file', deleted: true });
  expect((await at(api, 'GET', 'file-1')).status).toBe(404);
});

test('has no such routes where nothing may be attached', async () => {
  expect((await make(new ChatApi([says('')], { attachments: undefined }), { filename: 'a' })).status).toBe(404);
});
