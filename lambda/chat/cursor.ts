import * as v from 'valibot';
import { isConversationId } from './request';
import { BadRequest } from '../kit/http';

/** Cursors of another version are refused, not misread. */
const VERSION = 1;

const count = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(most));
const place = v.strictObject({ turn: count(99_999_999), index: count(9_999) });

/** A place in the list of the caller's own conversations; whose list it is comes from the caller alone. */
export const listPosition = v.strictObject({
  v: v.literal(VERSION),
  id: v.pipe(v.string(), v.check(isConversationId)),
  updatedAt: count(Number.MAX_SAFE_INTEGER),
});

/** A place among the messages of a conversation, and a message on the branch that is read, where there is a choice. */
export const messagePosition = v.strictObject({ v: v.literal(VERSION), after: place, branch: v.optional(v.union([v.literal('all'), place])) });

/** Where a list goes on, for the server alone to read: what it holds may change without notice. It grants nothing. */
export function cursorOf(position: object): string {
  return Buffer.from(JSON.stringify({ v: VERSION, ...position })).toString('base64url');
}

export function positionOf<Schema extends v.GenericSchema>(cursor: string | undefined, schema: Schema): v.InferOutput<Schema> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return v.parse(schema, JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new BadRequest('cursor', '\'cursor\' must be the \'next_cursor\' of an earlier answer.', 'invalid_value');
  }
}
