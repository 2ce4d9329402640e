import { StepFailure } from './failure';
import type { BulkPorts, BulkTerms, Due } from './ports';
import { vectorKeyOf } from './prepare';
import { placeOf } from './request';
import { BULK_FILES, type Loaded, type LoadRequest } from '../../../lib/contract/bulk-load';
import { fieldsOf, jsonOf } from '../../kit/messages';
import type { Vector } from '../../ports/embeddings';

const AT_ONCE = 100;

/**
 * Keeps the vectors of a file that a job has written where the index step looks for them. Records come in any order, some with an error in the place of
 * an answer; a job that was stopped may have written none. What is kept already is not written again, so that a call which had no time left is gone on with.
 */
export async function loadVectors({ run, job, jobArn, file }: LoadRequest, due: Due, terms: BulkTerms, ports: BulkPorts): Promise<Loaded> {
  const key = `${placeOf(run)}${BULK_FILES.vectors}${job}/${jobArn.slice(jobArn.lastIndexOf('/') + 1)}/${file}.out`;
  let [kept, refused] = [0, 0];
  let waiting = new Map<string, Vector>();
  const keep = async () => {
    const known = await ports.vectors.find([...waiting.keys()]);
    await ports.vectors.keep(new Map([...waiting].filter(([id]) => !known.has(id))));
    kept += waiting.size;
    waiting = new Map();
  };
  for await (const line of await ports.files.lines(key) ?? []) {
    if (ports.clock.now() > due.until) throw new StepFailure('unfinished', `${kept} vectors of ${file} are kept`);
    const record = line === '' ? undefined : vectorOf(line, terms, ports);
    if (record) waiting.set(...record);
    else if (line !== '') refused++;
    if (waiting.size >= AT_ONCE) await keep();
  }
  await keep();
  ports.log.info('bulk load', { run, job, file, kept, refused });
  return { kept, refused };
}

function vectorOf(line: string, { embedding: { dimension } }: BulkTerms, { bodies }: BulkPorts): [string, Vector] | undefined {
  const { recordId, modelOutput } = fieldsOf(jsonOf(line));
  try {
    const vector = bodies.vector(modelOutput);
    return typeof recordId === 'string' && vector.length === dimension ? [vectorKeyOf(recordId), vector] : undefined;
  } catch {
    return undefined;
  }
}
