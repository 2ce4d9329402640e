import { authorize } from './authorize';
import { parseAuthorizationRequest } from './request';
import { OIDC_AUTHORIZER_ENV } from '../../lib/contract/oidc-authorizer';
import { oidcTokens } from '../adapters/oidc-tokens';
import { authorizer } from '../kit/authorizer';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(OIDC_AUTHORIZER_ENV);
const tokens = oidcTokens({
  issuer: env.ISSUER, audience: env.AUDIENCE ? env.AUDIENCE.split(',') : undefined, keys: env.KEYS || undefined, use: env.USE || undefined,
});

export const handler = authorizer(async (event) => authorize(parseAuthorizationRequest(event), tokens), createLog('oidc-authorizer'));
