import { AwsFailure } from '../aws/failure';

/** Refuses a request as the service does. */
export function refuse(message: string): never {
  throw new AwsFailure('ValidationException', 400, message);
}

/** The service's words for a value outside its model's constraints. */
export function refuseValue(value: unknown, place: string, constraint: string): never {
  refuse(`1 validation error detected: Value '${String(value)}' at '${place}' failed to satisfy constraint: Member must ${constraint}`);
}
