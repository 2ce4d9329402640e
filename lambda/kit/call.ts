import type { Writable } from 'node:stream';
import { BadRequest, TooLarge } from './http';
import type { LogFields } from './log';

/** Who asks, as it was proved. */
export interface Caller {
  /** Owns the conversations. */
  readonly id: string;
  /** What the proof says of them besides, as groups of a user pool; empty where it says nothing. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** One request, as a route sees it. */
export interface Call {
  /** What the answer and the log name; a caller may choose it. */
  readonly requestId: string;
  /** What this one run of the handler is called. */
  readonly runId: string;
  /** Who asks: the id of the verified caller. */
  readonly caller: string;
  /** What the proof of who asks says of them besides. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly startedAt: number;
  /** When this run is stopped. */
  readonly until: number;
  /** Aborted shortly before. */
  readonly signal: AbortSignal;
  /** Aborted when nobody reads the answer any more, where the transport hears of that; Lambda's streams do not. */
  readonly away: AbortSignal;
  /** Keeps the process until some work is done that the answer does not wait for; nobody hears of its failure. */
  outlast(work: Promise<unknown>): void;
  /** Adds to the request's line in the log. */
  note(fields: LogFields): void;
}

/**
 * One request as a transport took it in, before anybody looked into it. What may be refused about it is a function, so that every
 * refusal is answered and logged alike.
 */
export interface Arrival {
  readonly requestId: string;
  readonly runId: string;
  /** Method and resource, as `GET /v1/conversations/{id}`; any other text finds no route. */
  readonly route: string;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What joins the request's line in the log, with the caller, where nobody else keeps a log of who asked. */
  readonly access?: LogFields;
  /** Milliseconds until this run is stopped. */
  readonly remaining: number;
  /** Aborted when the process is about to be stopped before that. */
  readonly ending?: AbortSignal;
  caller(): Caller | Promise<Caller>;
  body(): string;
  /** Begins the answer. */
  open(status: number, headers: Readonly<Record<string, string>>): Writable;
}

/** API Gateway takes 10 MB and Lambda 6; a stored conversation and a model's window are far smaller. */
export const BODY_BYTES = 4 * 1024 * 1024;

export function lowerCase(headers: Readonly<Record<string, string | undefined>> | null | undefined): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The id under which X-Ray knows the request. A caller may choose it, so only what looks like one is told on. */
export function traceOf(headers: Readonly<Record<string, string | undefined>>): string | undefined {
  return /Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(;|$)/.exec(headers['x-amzn-trace-id'] ?? '')?.[1];
}

/** A body as Lambda hands it on: text, or base64 where its type is not known to be text. */
export function bodyOf({ body, isBase64Encoded }: { readonly body?: string | null; readonly isBase64Encoded: boolean }): string {
  const raw = body ?? '';
  const bytes = isBase64Encoded ? raw.length * 0.75 : Buffer.byteLength(raw);
  if (bytes > BODY_BYTES) throw bodyTooLarge();
  return isBase64Encoded ? textOf(Buffer.from(raw, 'base64')) : raw;
}

export function bodyTooLarge(): TooLarge {
  return new TooLarge('messages', 'The body must be at most 4 MiB: send fewer or shorter \'messages\'.');
}

/** A body as it came over the network; undefined was too large to be kept. */
export function textOf(bytes: Buffer | undefined): string {
  if (!bytes) throw bodyTooLarge();
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadRequest(undefined, 'The body must be UTF-8 text.');
  }
}
