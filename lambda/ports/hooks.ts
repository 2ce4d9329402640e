/** The functions of the chat's builder. */
export interface Hooks {
  /** The answer of a function; a `HookFailure` where there is none in time, or none before it is of no use any more. */
  ask(functionArn: string, event: object, timeoutMs: number, signal?: AbortSignal): Promise<unknown>;
  /** Hands an event over, which the function works off later; a `HookFailure` where nobody takes it in time. */
  tell(functionArn: string, event: object): Promise<void>;
}

/** timeout: no answer in time. error: the function failed. unreachable: it could not be called. answer: what it answered makes no sense. */
export type HookFailureKind = 'timeout' | 'error' | 'unreachable' | 'answer';

export class HookFailure extends Error {
  override readonly name = 'HookFailure';

  constructor(readonly kind: HookFailureKind, options?: ErrorOptions) {
    super(`hook: ${kind}`, options);
  }
}

/** A part has a class of this name of its own, so a failure is known by what it says of itself. */
export function isHookFailure(error: unknown): error is HookFailure {
  return error instanceof Error && error.name === 'HookFailure' && 'kind' in error;
}
