import { Duration, Size } from 'aws-cdk-lib';
import { type IAuthorizer, IdentitySource, TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { Construct, type IConstruct } from 'constructs';
import { type OidcAuthorizerEnv } from '../contract/oidc-authorizer';
import { acknowledge } from '../internal/acknowledge';
import { BundledFunction } from '../internal/bundled-function';
import { requireCount, requirePattern } from '../internal/validation';
import { type Build } from '../posture/build';

export interface OidcAuthorizerProps extends Build {
  readonly issuer: string;
  readonly audience: string[];
}

/** What an issuer and its audience must be by themselves. */
export function requireIssuer(scope: IConstruct, { issuer, audience = [] }: { readonly issuer: string; readonly audience?: string[] }) {
  // Plain http is for an issuer beside the local cloud; in AWS the handler would find nobody there.
  requirePattern(scope, 'issuer', issuer, /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])[^\s?#]+$/, 'an https:// URL as tokens name it in iss');
  requirePattern(scope, 'issuer', issuer, /(?<!\/\.well-known\/[^/]+)$/, "the issuer itself, without '/.well-known/openid-configuration', exactly as tokens name it in iss");
  requireCount(scope, 'audience', audience, 1, 50);
  for (const value of audience) {
    requirePattern(scope, 'audience', value, /^[^\s,]([^,]*[^\s,])?$/, 'what tokens carry in aud: not empty, without commas, without spaces at its ends');
  }
}

/** Verifies tokens of an OpenID Connect issuer before a request reaches the chat. */
export class OidcAuthorizer extends Construct {
  public readonly authorizer: IAuthorizer;

  constructor(scope: Construct, id: string, props: OidcAuthorizerProps) {
    super(scope, id);
    const handler = this.defineHandler(props);
    // A short cache: a token that the issuer revokes stops working within minutes.
    this.authorizer = new TokenAuthorizer(this, 'Authorizer', {
      handler: handler.function,
      identitySource: IdentitySource.header('Authorization'),
      validationRegex: '^[Bb]earer [-0-9a-zA-Z._]+$',
      resultsCacheTtl: Duration.minutes(5),
    });
  }

  private defineHandler({ issuer, audience, posture, logRetention, encryptionKey }: OidcAuthorizerProps) {
    const handler = new BundledFunction<OidcAuthorizerEnv>(this, 'Handler', {
      bundle: 'oidc-authorizer',
      description: 'Verifies tokens of the OpenID Connect issuer',
      timeout: Duration.seconds(10),
      memory: Size.mebibytes(512),
      logRetention,
      encryptionKey,
      reservedConcurrency: posture.reservedConcurrency,
    });
    handler.configure({ ISSUER: issuer, AUDIENCE: audience.join(','), KEYS: '', USE: '' });
    for (const pack of ['HIPAA.Security', 'NIST.800.53.R5', 'PCI.DSS.321']) {
      acknowledge(handler.function, `${pack}-LambdaInsideVPC`,
        'It fetches the signing keys of an issuer on the internet, which a private network cannot reach; it holds no data and may call no AWS service but its log and traces.');
    }
    return handler;
  }
}
