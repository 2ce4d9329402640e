/** What proves who asks. */
export interface Tokens {
  /** The claims of a token that is genuine, meant for us and in time; a rejection for any other. Throws when it cannot be told. */
  verify(token: string): Promise<Verdict>;
}

/** The issuer could not be asked. The message speaks of the issuer alone, so a log may show it. */
export class IssuerFailure extends Error {
  override readonly name = 'IssuerFailure';
}

export type Verdict =
  | { readonly genuine: true; readonly subject: string; readonly claims: Readonly<Record<string, unknown>> }
  | { readonly genuine: false; readonly reason: string };
