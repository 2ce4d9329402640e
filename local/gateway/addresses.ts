import type { RestApi } from './api';
import { Gateway } from './gateway';
import type { UserPools, UserTokens } from '../cognito/pools';

/** What an API answers, and to whom. */
export interface LocalApi {
  /** chat: `v1/chat/completions`. documents: `v1/query`. pipeline: the same, and `v1/documents`. tables: the same as documents, and `v1/sql`. */
  readonly answers?: Answers;
  /** Fresh tokens of the local users, from the pool that the API trusts; absent where it trusts none. */
  readonly users?: UserTokens;
}

export type Answers = 'chat' | 'documents' | 'pipeline' | 'tables';

/** The first route that an API has says what it is. */
const ROUTES: readonly (readonly [path: string, Answers])[] = [
  ['/v1/sql', 'tables'], ['/v1/documents', 'pipeline'], ['/v1/query', 'documents'], ['/v1/chat/completions', 'chat'],
];

/** The REST APIs, by their addresses on this machine, as the outputs of stacks name them. */
export function localApis(apis: readonly RestApi[], url: string, pools: UserPools): Record<string, LocalApi> {
  return Object.fromEntries(apis.map((api) => {
    const methods = [...api.resources.values()].flatMap((resource) => [...resource.methods.values()]);
    const pool = methods.flatMap(({ authorizer }) => authorizer?.providerArns ?? [])[0];
    const answers = ROUTES.find(([path]) => api.resources.has(path))?.[1];
    return [`${url}${Gateway.basePath(api)}/`, { ...(answers && { answers }), ...(pool !== undefined && { users: pools.tokensOf(pool) }) }];
  }));
}

/** Turns `https://<api>.execute-api.…/<stage>` into the address on this machine, whatever Region and partition the stack is pinned to. */
export function localUrls(text: string, url: string, apis: readonly RestApi[]): string {
  const named = apis.flatMap((api) => api.domains.map((domain) => [domain, `${url}${Gateway.basePath(api)}`] as const))
    .reduce((known, [domain, local]) => known.replaceAll(`${domain}/`, `${local}/`), text);
  return named.replace(/https:\/\/([a-z0-9]+)\.execute-api\.[^./\s]+\.[^/\s]+\/([A-Za-z0-9_-]+)/g, (address, id: string, stage: string) => {
    const api = apis.find((candidate) => candidate.id === id && candidate.stage === stage);
    return api ? `${url}${Gateway.basePath(api)}` : address;
  });
}
