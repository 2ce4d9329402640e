/** A service that is asked for more than it gives, or does not answer: whoever asked waits, and nothing is wrong with what was asked. */
export class ServiceDelay extends Error {
  constructor(readonly kind: 'throttled' | 'unavailable', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ServiceDelay';
  }
}

export function isServiceDelay(error: unknown): error is ServiceDelay {
  return error instanceof Error && error.name === 'ServiceDelay';
}
