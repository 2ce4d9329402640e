import OpenAI from 'openai';
import { type ErrorBody, runExample } from './run-example';

const example = runExample('chatbot-api');
const client = (user: 'user-a' | 'user-b' = 'user-a') => new OpenAI({ baseURL: example.baseUrl, apiKey: example.token(user), maxRetries: 0 });
const model = 'global.amazon.nova-2-lite-v1:0';
const data = (content: string, type = 'text/plain') => `data:${type};base64,${Buffer.from(content).toString('base64')}`;
const PNG = `data:image/png;base64,${Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64')}`;

interface Uploaded {
  readonly id: string;
  readonly upload: { readonly url: string; readonly fields: Record<string, string>; readonly max_bytes: number };
}

async function upload(content: string, filename: string, user: 'user-a' | 'user-b' = 'user-a'): Promise<{ file: Uploaded; status: number }> {
  const file = await (await example.send('POST', 'v1/files', { filename, purpose: 'user_data' }, user)).json() as Uploaded;
  const form = new FormData();
  for (const [name, value] of Object.entries(file.upload.fields)) form.append(name, value);
  form.append('file', new Blob([content]));
  return { file, status: (await fetch(file.upload.url, { method: 'POST', body: form })).status };
}

describe('attachments, with the openai client', () => {
  test('a document and an image by data URL reach the model', async () => {
    const { choices } = await client().chat.completions.create({
      model,
      messages: [{
        role: 'user',
        content: [
          { type: 'text', text: 'Sum it up' },
          { type: 'file', file: { filename: 'Q3.report.txt', file_data: data('Sales went up.') } },
          { type: 'image_url', image_url: { url: PNG } },
        ],
      }],
    });
    expect(choices[0].message.content).toContain('The document Q3 report (txt) begins: Sales went up.');
  });

  test('a file is uploaded past the API, used by its id, read and deleted', async () => {
    const { file, status } = await upload('%PDF-1.7 /Type /Page', 'Über uns.pdf');
    expect(status).toBe(204);
    expect(await client().files.retrieve(file.id)).toMatchObject({ id: file.id, object: 'file', filename: 'Über uns.pdf', bytes: 20 });
    const { choices } = await client().chat.completions.create({
      model, messages: [{ role: 'user', content: [{ type: 'text', text: 'Sum it up' }, { type: 'file', file: { file_id: file.id } }] }],
    });
    expect(choices[0].message.content).toContain('The document Uber uns (pdf) has 20 bytes');
    expect(await client().files.delete(file.id)).toMatchObject({ id: file.id, deleted: true });
    await expect(client().files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });

  test('a file is its caller\'s: to everybody else it does not exist', async () => {
    const { file } = await upload('mine', 'mine.txt');
    const use = client('user-b').chat.completions.create({ model, messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: file.id } }] }] });
    await expect(use).rejects.toMatchObject({ status: 404, code: 'file_not_found' });
    await expect(client('user-b').files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });

  test('a form takes no more than it was signed for', async () => {
    const { file, status } = await upload('x'.repeat(4_718_593), 'large.txt');
    expect([status, file.upload.max_bytes]).toEqual([400, 4_718_592]);
    await expect(client().files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
  });

  test.each([['what is no document', 'MZ\u0000\u0001'], ['what its name says and its bytes do not', 'GIF89a, they say.\u0000']])('refuses %s', async (_, content) => {
    const response = await example.chat({ messages: [{ role: 'user', content: [{ type: 'file', file: { filename: 'plan.pdf', file_data: data(content, 'application/pdf') } }] }] });
    const body = await response.json() as ErrorBody;
    if (content.startsWith('GIF')) expect(response.status).toBe(200);
    else expect([response.status, body.error.code, body.error.param]).toEqual([400, 'unsupported_content', 'messages[0].content[0].file.file_data']);
  });

  test.each(['http://169.254.169.254/latest/meta-data/', 'https://example.com/a.pdf', 'file:///etc/passwd', 's3://bucket/key'])('fetches nothing from %s', async (url) => {
    for (const part of [{ type: 'file', file: { file_data: url } }, { type: 'image_url', image_url: { url } }]) {
      expect((await example.chat({ messages: [{ role: 'user', content: [part] }] })).status).toBe(400);
    }
  });

  test('a conversation remembers what was attached, and deletes it with itself', async () => {
    const note = { type: 'file', file: { filename: 'note.txt', file_data: data('Buy milk.') } };
    await example.chat({ conversation_id: 'noted', messages: [{ role: 'user', content: [{ type: 'text', text: 'Keep this' }, note] }] });
    const [{ content }] = (await example.stored('noted')).messages as unknown as { content: { file?: { file_id: string } }[] }[];
    expect(content[1]).toMatchObject({ type: 'file', file: { filename: 'note.txt', format: 'txt', bytes: 9 } });
    expect(JSON.stringify(content)).not.toContain('base64');
    const again = await (await example.chat({ conversation_id: 'noted', messages: [{ role: 'user', content: 'And?' }] })).json() as { usage: { prompt_tokens: number } };
    expect(again.usage.prompt_tokens).toBeGreaterThan(0);
    expect((await example.send('DELETE', 'v1/conversations/noted')).status).toBe(200);
  });

  test('took every permission for its content, and was denied none', async () => {
    const { roles } = await example.cloud.report();
    expect(roles.flatMap(({ denied, unknown }) => [...denied, ...unknown])).toEqual([]);
    expect(roles.flatMap(({ unused, untouched }) => [...unused, ...untouched]).filter(({ action }) => action.startsWith('s3:'))).toEqual([]);
  });
});
