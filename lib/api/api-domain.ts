import { Token } from 'aws-cdk-lib';
import { type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { type IConstruct } from 'constructs';
import { fail, requirePattern } from '../internal/validation';

/** A name of your own for an API. */
export interface ApiDomain {
  /** The name, like `chat.example.com`. */
  readonly domainName: string;

  /** A certificate for the name, of the API's Region. */
  readonly certificate: ICertificate;

  /**
   * The zone that the name is in; a record of it is made to lead to the API.
   *
   * @default - the name is led to the API by hand
   */
  readonly hostedZone?: IHostedZone;
}

/** What a name must be by itself, and in its zone. */
export function requireDomain(scope: IConstruct, { domainName, certificate, hostedZone }: ApiDomain) {
  requirePattern(scope, 'domain.domainName', domainName, /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a name like chat.example.com, in lower case, without a scheme and a path');
  if (certificate === undefined) fail(scope, "'domain.certificate' must be a certificate for the name, such as new Certificate(this, 'Certificate', { domainName, validation: CertificateValidation.fromDns(zone) }), got none");
  const zone = hostedZone?.zoneName;
  if (zone === undefined || Token.isUnresolved(zone) || Token.isUnresolved(domainName)) return;
  if (domainName !== zone && !domainName.endsWith(`.${zone}`)) fail(scope, `'domain.domainName' must be in the hosted zone '${zone}', got '${domainName}'`);
}
