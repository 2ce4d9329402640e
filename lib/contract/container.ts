/** Everything that the chat reads from its environment where it runs as a server of its own, beside `CHAT_ENV`. */
export const CONTAINER_ENV = [
  /** Where it listens. */
  'PORT',
  /** How long a turn may take, in seconds. */
  'TURN_SECONDS',
  /** How long running turns may go on once the task is told to end, in seconds. */
  'DRAIN_SECONDS',
] as const;

export type ContainerEnv = Record<(typeof CONTAINER_ENV)[number], string>;

/** Everything that the bootstrap of a task reads from its environment: where the code is, and which code it must be. */
export const BOOTSTRAP_ENV = [
  'CODE_BUCKET',
  'CODE_KEY',
  /** SHA-256 of the file, in hexadecimal digits. */
  'CODE_SHA256',
  /** What the Region's endpoints end in, like `amazonaws.com`. */
  'CODE_DOMAIN',
] as const;

export type BootstrapEnv = Record<(typeof BOOTSTRAP_ENV)[number], string>;

/** The address at which a load balancer asks whether a task can take requests. */
export const HEALTH_PATH = '/healthz';
