import { BULK_ERRORS } from '../../../lib/contract/bulk-load';

/** A step that the state machine tries again, told by its name. */
export class StepFailure extends Error {
  constructor(kind: keyof typeof BULK_ERRORS, message: string) {
    super(message);
    this.name = BULK_ERRORS[kind];
  }
}
