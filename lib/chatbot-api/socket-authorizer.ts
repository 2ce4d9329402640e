import { Duration, Size } from 'aws-cdk-lib';
import { type IWebSocketRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketIamAuthorizer, WebSocketLambdaAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { type Construct, type IConstruct } from 'constructs';
import { type AuthBinding } from '../api/auth-binding';
import { type TokenRules } from '../contract/api';
import { type OidcAuthorizerEnv } from '../contract/oidc-authorizer';
import { acknowledge } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { fail } from '../internal/validation';
import { type Build } from '../posture/build';

/** What checks who opens a connection; while it lasts nobody is asked again. */
export interface SocketCheck {
  readonly authorizer: IWebSocketRouteAuthorizer;
  /** Where the door finds the verified caller. */
  readonly caller: 'authorizer' | 'iam';
}

/** A socket is opened once, by a signature or a token. Keys, and authorizers that look at each request, have nothing to look at. */
export function socketCheck(scope: Construct, { caller, tokens, proof }: AuthBinding, build: Build): SocketCheck {
  if (caller === 'iam') return { authorizer: new WebSocketIamAuthorizer(), caller: 'iam' };
  return { authorizer: tokenAuthorizer(scope, tokens ?? refuse(scope, proof), build), caller: 'authorizer' };
}

function refuse(scope: IConstruct, proof: string): never {
  return fail(scope, `'auth' must be ApiAuth.cognito(), ApiAuth.oidc() or ApiAuth.iam() with Transport.webSocket(), got ${proof}: `
    + 'who opens a socket is checked once, by a token or a signature; choose one of those, or Transport.restStreaming()');
}

/** Browsers can set no header when they open a socket, and addresses stand in logs: the token comes among the sub-protocols. */
function tokenAuthorizer(scope: Construct, { issuer, audience, keys, use }: TokenRules, { posture, logRetention, encryptionKey }: Build) {
  const handler = new BundledFunction<OidcAuthorizerEnv>(scope, 'Authorizer', {
    bundle: 'oidc-authorizer',
    description: 'Verifies the tokens of those who open a socket',
    timeout: Duration.seconds(10),
    memory: Size.mebibytes(512),
    logRetention,
    encryptionKey,
    reservedConcurrency: posture.reservedConcurrency,
  });
  handler.configure({ ISSUER: issuer, AUDIENCE: (audience ?? []).join(','), KEYS: keys ?? '', USE: use ?? '' });
  for (const pack of ['HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321']) {
    acknowledge(handler.function, `${pack}-LambdaInsideVPC`,
      'It fetches the signing keys of an issuer on the internet, which a private network cannot reach; it holds no data and may call no AWS service but its log and traces.');
  }
  return new WebSocketLambdaAuthorizer('TokenAuthorizer', handler.function, { identitySource: ['route.request.header.Sec-WebSocket-Protocol'] });
}
