import type { EvaluationPolicy } from '../../lib/contract/evaluation';
import { parseSet, SetProblem, type SetQuestion } from '../../lib/contract/evaluation-set';
import type { KnowledgePolicy } from '../../lib/contract/knowledge';
import { BadRequest } from '../kit/http';
import { parseFilter } from '../knowledge/filter';
import type { Objects } from '../ports/objects';

/** Longer ones fill the memory. */
const SET_BYTES = 100_000_000;

export interface SetPorts {
  /** The file that is deployed with the function. */
  readonly beside: () => string;
  readonly bucket: (name: string) => Pick<Objects, 'get'>;
}

/** The set as it is now, held to what can be asked here. */
export async function readSet({ set, questions, offsets }: EvaluationPolicy, knowledge: KnowledgePolicy, ports: SetPorts): Promise<SetQuestion[]> {
  const text = set ? await textIn(set, ports) : ports.beside();
  const { tenant, identity } = knowledge;
  return parseSet(text, {
    questions, offsets, tenants: tenant !== undefined, users: identity !== undefined, problemOf: (filter) => problemOf(filter, knowledge),
  });
}

function problemOf(filter: object, knowledge: KnowledgePolicy): string | undefined {
  try {
    parseFilter(filter, knowledge);
    return undefined;
  } catch (error) {
    if (error instanceof BadRequest) return error.message;
    throw error;
  }
}

async function textIn({ bucket, key }: { readonly bucket: string; readonly key: string }, ports: SetPorts): Promise<string> {
  const found = await ports.bucket(bucket).get(key, SET_BYTES).catch((error: unknown) => {
    // Who may not list a bucket is told of a missing object that it is forbidden.
    if (error instanceof Error && error.name === 'AccessDenied') return undefined;
    throw error;
  });
  if (!found) throw new SetProblem(1, 'question', `is not there: s3://${bucket}/${key} does not exist, may not be read, or has more than ${SET_BYTES} bytes`);
  return new TextDecoder().decode(found.content);
}
