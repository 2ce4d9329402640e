import type { SetQuestion } from '../../lib/contract/evaluation-set';
import { fieldsOf, jsonOf } from '../kit/messages';

/** A look at a run: `once` where it is no link of the chain of looks. */
export interface Look {
  readonly look: string;
  readonly number: number;
  readonly once?: true;
}

/** A question of a run on its way. */
export interface QuestionMessage {
  readonly run: string;
  readonly at: number;
  readonly question: SetQuestion;
  /** How often it was sent, this time included. */
  readonly attempt: number;
}

interface Received {
  readonly messageId: string;
  /** How often it was received, this time included. */
  readonly receives: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly sentAt: number;
}

export type Work = Received & ({ readonly kind: 'request' } | { readonly kind: 'look'; readonly look: Look } | { readonly kind: 'question'; readonly message: QuestionMessage } | { readonly kind: 'unknown' });

interface QueueRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string; readonly SentTimestamp: string };
}

export function parseWork(event: unknown): Work[] {
  const { Records: records } = fieldsOf(event);
  if (!Array.isArray(records)) throw new Error('the event must hold records of a queue');
  return (records as QueueRecord[]).map(({ messageId, body, attributes }): Work => {
    const message = fieldsOf(jsonOf(body));
    const received = { messageId, receives: Number(attributes.ApproximateReceiveCount), sentAt: Number(attributes.SentTimestamp) };
    if (message.evaluate === 'all') return { ...received, kind: 'request' };
    if (typeof message.look === 'string' && typeof message.number === 'number') return { ...received, kind: 'look', look: message as unknown as Look };
    if (typeof message.run === 'string' && typeof message.at === 'number' && typeof message.attempt === 'number' && typeof message.question === 'object') {
      return { ...received, kind: 'question', message: message as unknown as QuestionMessage };
    }
    return { ...received, kind: 'unknown' };
  });
}
