import { AwsFailure } from '../aws/failure';

/**
 * throttle, unavailable: the call is refused. conflict: StartIngestionJob finds another job at work. fail-job: an ingestion job ends as FAILED.
 * fail-document: a document cannot be indexed. slow: a call waits before it is answered.
 */
export const KNOWLEDGE_FAULTS = ['throttle', 'unavailable', 'conflict', 'fail-job', 'fail-document', 'slow'] as const;
export type KnowledgeFaultKind = (typeof KNOWLEDGE_FAULTS)[number];

export interface KnowledgeFault {
  readonly kind: KnowledgeFaultKind;
  /** The call that it strikes: `Retrieve`, `StartIngestionJob`. @default - all */
  readonly operation?: string;
  /** Part of the URI or id of the documents that it strikes. @default - all */
  readonly document?: string;
  /** How often it strikes. @default - until it is set anew */
  readonly times?: number;
  /** Share of the calls or documents that it strikes, from 0 to 1: the same ones in each run. @default 1 */
  readonly share?: number;
  /** How long a slow call waits. @default 500 */
  readonly milliseconds?: number;
}

const SLOW_MS = 500;

/** What shall go wrong with knowledge bases: nothing, until it is set. */
export class KnowledgeFaults {
  private faults: KnowledgeFault[] = [];
  private chance = 1;

  get current(): readonly KnowledgeFault[] {
    return this.faults;
  }

  /** In the place of all that was set before. */
  set(...faults: readonly KnowledgeFault[]): void {
    for (const { kind, times, share, milliseconds } of faults) {
      if (!KNOWLEDGE_FAULTS.includes(kind)) throw new Error(`'kind' must be one of ${KNOWLEDGE_FAULTS.join(', ')}, got ${JSON.stringify(kind)}`);
      if (times !== undefined && !(Number.isInteger(times) && times >= 1)) throw new Error(`'times' must be a whole number from 1, got ${JSON.stringify(times)}`);
      if (share !== undefined && !(share >= 0 && share <= 1)) throw new Error(`'share' must be from 0 to 1, got ${JSON.stringify(share)}`);
      if (milliseconds !== undefined && !(kind === 'slow' && milliseconds > 0)) throw new Error(`'milliseconds' must be above 0, and of a fault of the kind slow, got ${JSON.stringify(milliseconds)}`);
    }
    this.faults = [...faults];
  }

  /** The fault of the kind, where it strikes; counts it. */
  strikes(kind: KnowledgeFaultKind, { operation, document }: { readonly operation?: string; readonly document?: string } = {}): KnowledgeFault | undefined {
    const at = this.faults.findIndex((fault) => fault.kind === kind
      && (fault.operation === undefined || fault.operation === operation)
      && (fault.document === undefined || (document ?? '').includes(fault.document)));
    const fault = this.faults[at];
    if (!fault || this.random() >= (fault.share ?? 1)) return undefined;
    if (fault.times !== undefined) this.faults.splice(at, 1, ...fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : []);
    return fault;
  }

  /** Refuses a call, or keeps it waiting, where that is the fault. */
  async before(operation: string): Promise<void> {
    if (this.strikes('throttle', { operation })) throw new AwsFailure('ThrottlingException', 429, 'Rate exceeded');
    if (this.strikes('unavailable', { operation })) throw new AwsFailure('InternalServerException', 500, 'The service is unable to process your request.');
    const slow = this.strikes('slow', { operation });
    if (slow) await new Promise((resolve) => setTimeout(resolve, slow.milliseconds ?? SLOW_MS).unref());
  }

  private random(): number {
    this.chance = (this.chance * 48_271) % 2_147_483_647;
    return this.chance / 2_147_483_647;
  }
}
