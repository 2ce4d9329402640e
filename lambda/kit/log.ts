import { Logger } from '@aws-lambda-powertools/logger';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  info(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
}

export function createLog(service: string): Log {
  const logger = new Logger({ serviceName: service });
  return {
    info: (message, fields) => logger.info(message, { ...fields }),
    error: (message, fields) => logger.error(message, { ...fields }),
  };
}

/**
 * An error as the log may show it. Messages of parsers and validators quote what they were given, and that may be somebody's words:
 * only those of AWS services other than about validation are kept, and those of stores that let nobody in, which speak of the deployment.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const fromAws = '$metadata' in error && error.name !== 'ValidationException';
  const forbidden = 'kind' in error && error.kind === 'forbidden';
  return {
    error: error.name,
    reason: fromAws || forbidden ? error.message : undefined,
    stack: framesOf(error),
  };
}

/** What is behind an error, in one word of the network's or the service's; nothing of their messages. */
export function describeCause({ cause }: Error): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
}

/** A stack begins with the message, whose lines may look like its own. */
function framesOf({ message, stack = '' }: Error): string | undefined {
  const start = stack.indexOf(message);
  if (start < 0) return undefined;
  return stack.slice(start + message.length).split('\n').filter((line) => /^\s+at /.test(line)).join('\n');
}
