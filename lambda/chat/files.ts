import * as v from 'valibot';
import { fileKey } from './content-keys';
import type { AttachmentPolicy } from '../../lib/contract/chat';
import { parseFields } from '../kit/body';
import type { Call } from '../kit/call';
import { json, type Route } from '../kit/endpoint';
import { NotFound } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { FoundObject, Objects } from '../ports/objects';

const body = v.object({
  filename: v.pipe(v.string(), v.minLength(1, 'must not be empty'), v.maxLength(255, 'must have at most 255 characters')),
  purpose: v.nullish(v.picklist(['user_data', 'assistants', 'vision'], 'must be \'user_data\', \'assistants\' or \'vision\'')),
});

/** How long a form may be sent. */
const UPLOAD_SECONDS = 15 * 60;

/** `POST /v1/files`: a place for one file of the caller's, and the form that puts it there. What is in it is looked at when it is used. */
export function createFile({ maxBytes, retentionSeconds }: AttachmentPolicy, objects: Objects, clock: Clock): Route {
  return async (call) => {
    const { filename } = parseFields(call.body, body);
    const id = `file-${call.runId}`;
    const now = Math.floor(clock.now() / 1000);
    const { url, fields } = await objects.upload(fileKey(call.caller, id), { labels: { filename }, maxBytes, seconds: UPLOAD_SECONDS });
    return json({
      ...described(id, { bytes: 0, labels: { filename }, modifiedAt: now * 1000 }, retentionSeconds),
      status: 'pending',
      upload: { method: 'POST', url, fields, max_bytes: maxBytes, expires_at: now + UPLOAD_SECONDS },
    });
  };
}

/** `GET /v1/files/{id}`: an upload of the caller's that has arrived. */
export function readFile({ retentionSeconds }: AttachmentPolicy, objects: Objects): Route {
  return async (call) => json({ ...described(idOf(call), await found(call, objects), retentionSeconds), status: 'processed' });
}

/** `DELETE /v1/files/{id}`: it is gone from conversations too, which say that it is not shown any more. */
export function deleteFile(objects: Objects): Route {
  return async (call) => {
    await found(call, objects);
    await objects.delete([fileKey(call.caller, idOf(call))]);
    return json({ id: idOf(call), object: 'file', deleted: true });
  };
}

function described(id: string, { bytes, labels, modifiedAt = 0 }: FoundObject, retentionSeconds: number) {
  const createdAt = Math.floor(modifiedAt / 1000);
  return { id, object: 'file', bytes, created_at: createdAt, expires_at: createdAt + retentionSeconds, filename: labels?.filename ?? '', purpose: 'user_data' };
}

function idOf({ path }: Call): string {
  return path.id ?? '';
}

async function found(call: Call, objects: Objects): Promise<FoundObject> {
  const id = idOf(call);
  const file = /^file-[A-Za-z0-9-]{1,64}$/.test(id) ? await objects.find(fileKey(call.caller, id)) : undefined;
  if (file) return file;
  throw new NotFound('id', `There is no file '${id.slice(0, 100)}' of yours.`, 'file_not_found');
}
