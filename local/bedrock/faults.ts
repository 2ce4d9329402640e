/**
 * none: all is well. throttle: ThrottlingException before anything else. throttle-in-stream: the same inside the stream, before content.
 * unavailable: ServiceUnavailableException. error: modelStreamErrorException after some tokens. slow: long gaps between tokens.
 * cut: the connection breaks after some tokens. unfinished: the stream ends without messageStop. late: nothing is said for some seconds.
 * invented: the model says what stands in no document, and cites the first one for it.
 */
export const FAULT_KINDS = ['none', 'throttle', 'throttle-in-stream', 'unavailable', 'error', 'slow', 'cut', 'unfinished', 'late', 'invented'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** How many calls it strikes; without it, every call until it is set anew. */
  readonly times?: number;
  /** Part of the id of the models that it strikes; without it, all. */
  readonly model?: string;
}

/** What shall go wrong with the next model calls. */
export class Faults {
  private fault: Fault = { kind: 'none' };

  get current(): Fault {
    return this.fault;
  }

  set(fault: Fault): void {
    if (!FAULT_KINDS.includes(fault.kind)) throw new Error(`'kind' must be one of ${FAULT_KINDS.join(', ')}, got ${JSON.stringify(fault.kind)}`);
    if (fault.times !== undefined && !(Number.isInteger(fault.times) && fault.times >= 1)) {
      throw new Error(`'times' must be a whole number from 1, got ${JSON.stringify(fault.times)}`);
    }
    this.fault = fault;
  }

  /** The fault that strikes this call of a model; counts it. */
  take(modelId: string): FaultKind {
    const { kind, times, model } = this.fault;
    if (model !== undefined && !modelId.includes(model)) return 'none';
    if (times !== undefined) this.fault = times > 1 ? { ...this.fault, times: times - 1 } : { kind: 'none' };
    return kind;
  }
}
