import type { runExample } from './run-example';

type Example = ReturnType<typeof runExample>;

/** Does once all that a chat does with its bucket: an upload that is used and deleted, and a conversation that remembers what was attached. */
export async function useContent(example: Example, words = 'words') {
  const file = await (await example.send('POST', 'v1/files', { filename: 'a.txt' })).json() as { id: string; upload: { url: string; fields: Record<string, string> } };
  const form = new FormData();
  for (const [name, value] of Object.entries(file.upload.fields)) form.append(name, value);
  form.append('file', new Blob([words]));
  await fetch(file.upload.url, { method: 'POST', body: form });
  const parts = [{ file_id: file.id }, { file_data: `data:text/plain;base64,${Buffer.from(words).toString('base64')}` }].map((part) => ({ type: 'file', file: part }));
  for (const content of [parts, 'And?']) await example.chat({ conversation_id: 'content', messages: [{ role: 'user', content }] });
  for (const path of [`v1/files/${file.id}`, 'v1/conversations/content']) await example.send('DELETE', path);
}
