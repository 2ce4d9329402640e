import { indexDocuments } from './index-documents';
import { loadVectors } from './load';
import { pack } from './pack';
import { plan } from './plan';
import type { BulkPorts, BulkTerms, Due } from './ports';
import { prepare } from './prepare';
import { isBulkRequest } from './request';
import { summarize } from './summary';
import type { BulkRequest } from '../../../lib/contract/bulk-load';

type Entry<Answer> = (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<Answer>;

/** What is left of the time for an answer, or for writing down what became of a document. */
const RESERVE_MS = 20_000;

/** Does one step of a bulk load where the event asks for one, and gives every other event to whoever else takes events. */
export function orBulkStep<Answer>(terms: BulkTerms, ports: BulkPorts, others: Entry<Answer>): Entry<Answer | object> {
  return async (event, context) => {
    if (!isBulkRequest(event)) return others(event, context);
    return withDue(context, ports, (due) => step(event, due, terms, ports));
  };
}

function step(request: BulkRequest, due: Due, terms: BulkTerms, ports: BulkPorts): Promise<object> {
  switch (request.bulk) {
    case 'index': return indexDocuments(request, due, terms, ports);
    case 'prepare': return prepare(request, due, terms, ports);
    case 'plan': return plan(request, ports);
    case 'pack': return pack(request, ports);
    case 'load': return loadVectors(request, due, terms, ports);
    case 'summary': return summarize(request, ports);
  }
}

async function withDue<T>({ getRemainingTimeInMillis }: Parameters<Entry<T>>[1], { clock }: BulkPorts, work: (due: Due) => Promise<T>): Promise<T> {
  const until = clock.now() + getRemainingTimeInMillis() - RESERVE_MS;
  const over = new AbortController();
  const stop = clock.every(Math.max(1, until - clock.now()), () => over.abort());
  try {
    return await work({ until, signal: over.signal });
  } finally {
    stop();
  }
}
