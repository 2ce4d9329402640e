import { Token } from 'aws-cdk-lib';
import { type ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { type IConstruct } from 'constructs';
import { fail, requirePattern } from '../internal/validation';

/** A name of your own for a chat. */
export interface ApiDomain {
  /** The name, like `chat.example.com`. */
  readonly domainName: string;

  /** A certificate for the name, of the chat's Region. */
  readonly certificate: ICertificate;

  /**
   * The zone that the name is in; a record of it is made to lead to the chat.
   *
   * @default - the name is led to the chat by hand
   */
  readonly hostedZone?: IHostedZone;
}

/** A name of your own for a REST API. */
export interface RestDomain extends ApiDomain {
  /**
   * The first part of the path, for a name that is to lead to other APIs too: letters, digits, `-`, `_` and `.`. The name is made here and is the
   * chat's; other APIs map themselves onto `chat.api.domainName`.
   *
   * @default - none: the name leads to the chat alone
   */
  readonly basePath?: string;
}

/** What a name must be by itself, and in its zone. */
export function requireDomain(scope: IConstruct, { domainName, certificate, hostedZone }: ApiDomain) {
  requirePattern(scope, 'domain.domainName', domainName, /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'a name like chat.example.com, in lower case, without a scheme and a path');
  if (certificate === undefined) fail(scope, "'domain.certificate' must be a certificate for the name, such as new Certificate(this, 'Certificate', { domainName, validation: CertificateValidation.fromDns(zone) }), got none");
  const zone = hostedZone?.zoneName;
  if (zone === undefined || Token.isUnresolved(zone) || Token.isUnresolved(domainName)) return;
  if (domainName !== zone && !domainName.endsWith(`.${zone}`)) fail(scope, `'domain.domainName' must be in the hosted zone '${zone}', got '${domainName}'`);
}
