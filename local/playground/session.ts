/** What an API answers: a chat's turns, or questions about documents or tables; a pipeline's are about documents, and it tells how it comes to its answers. */
export type Answers = 'chat' | 'documents' | 'pipeline' | 'tables';

/** What the local cloud tells of itself: which example it runs, who may sign in, and the stacks' outputs. */
export interface Session {
  readonly example: string;
  readonly users: Readonly<Record<string, string>>;
  /** By stack: the users' tokens for its API, where it has a user pool. */
  readonly pools: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By address: what each REST API answers, and the users' tokens for it, where it has a user pool. */
  readonly apis: Readonly<Record<string, { readonly answers?: Answers; readonly users?: Readonly<Record<string, string>> }>>;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One deployed API: the stack that has it and the base URL among its outputs. */
export interface Target {
  readonly stack: string;
  readonly url: string;
  /** What it is called among others: its stack, with the output behind it where the stack has several. */
  readonly name: string;
}

export async function loadSession(): Promise<Session> {
  const response = await fetch('/local/session');
  if (!response.ok) {
    throw new Error(`/local/session answered ${response.status}`);
  }
  return await response.json() as Session;
}

/** What a user shows to an API. */
export function tokenFor(session: Session, { stack, url }: Target, user: string): string {
  return (session.apis[url]?.users ?? session.pools[stack] ?? session.users)[user];
}

/** Function URLs, containers and sockets are chats': nothing else has them. */
export function answersOf(session: Session, { url }: Target): Answers | undefined {
  const known = session.apis[url];
  return known ? known.answers : 'chat';
}

/** By stack: the output that is called `Url`; where there is none, all that lead to an API which answers something, such as those that the CDK gives REST APIs of itself. */
export function targetsOf({ outputs, apis }: Pick<Session, 'outputs' | 'apis'>): Target[] {
  return Object.entries(outputs).flatMap(([stack, { Url, ...others }]) => {
    if (Url) return [{ stack, url: Url, name: stack }];
    const found = new Map(Object.entries(others).filter(([, url]) => apis[url]?.answers || isSocket({ url })).map(([output, url]) => [url, output]));
    return [...found].map(([url, output]) => ({ stack, url, name: found.size > 1 ? `${stack} · ${output}` : stack }));
  });
}

/** Whether an API is a WebSocket API. */
export function isSocket({ url }: Pick<Target, 'url'>): boolean {
  return /^wss?:/.test(url);
}
