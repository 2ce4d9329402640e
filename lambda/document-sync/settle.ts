import type { Clock } from '../ports/clock';
import { type DocumentReport, type Ingestion, IngestionFailure } from '../ports/ingestion';

export interface SettlePorts {
  readonly ingestion: Pick<Ingestion, 'report'>;
  readonly clock: Pick<Clock, 'now' | 'pause'>;
}

/** What became of documents, by their URI; what is at work still is not among them. */
export type DocumentReports = ReadonlyMap<string, DocumentReport>;

const FIRST_LOOK_MS = 300;
const LONGEST_MS = 8_000;

/** Waits for what has been begun for documents, until all of it has ended or the time is over. */
export async function settle(dataSourceId: string, uris: readonly string[], until: number, { ingestion, clock }: SettlePorts): Promise<DocumentReports> {
  const settled = new Map<string, DocumentReport>();
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(LONGEST_MS, pause * 1.7)) {
    const open = uris.filter((uri) => !settled.has(uri));
    if (open.length === 0) return settled;
    for (const report of await reportsOf(dataSourceId, open, ingestion)) {
      if (report.standing !== 'working') settled.set(report.name, report);
    }
    if (settled.size === uris.length || clock.now() + pause > until) return settled;
    await clock.pause(pause);
  }
}

/** A look that is refused is one too few, and nothing else. */
async function reportsOf(dataSourceId: string, uris: readonly string[], ingestion: SettlePorts['ingestion']): Promise<readonly DocumentReport[]> {
  try {
    return await ingestion.report(dataSourceId, uris);
  } catch (error) {
    if (error instanceof IngestionFailure && error.passes) return [];
    throw error;
  }
}
