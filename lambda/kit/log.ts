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
 * only those of AWS services other than about validation are kept.
 */
export function describeError(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const fromAws = '$metadata' in error && error.name !== 'ValidationException';
  return {
    error: error.name,
    reason: fromAws ? error.message : undefined,
    stack: error.stack?.split('\n').filter((line) => /^\s+at /.test(line)).join('\n'),
  };
}
