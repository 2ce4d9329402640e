import { Stack } from 'aws-cdk-lib';
import { type CfnDataSource } from 'aws-cdk-lib/aws-bedrock';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type IConstruct } from 'constructs';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireCount, requireLength, requireMade } from '../internal/validation';

/** A source of a managed knowledge base, whose parameters are its connector's own. */
export function connector(type: string, parameters: object): CfnDataSource.DataSourceConfigurationProperty {
  return {
    type: 'MANAGED_KNOWLEDGE_BASE_CONNECTOR',
    managedKnowledgeBaseConnectorConfiguration: { connectorParameters: { type, version: '1', ...defined(parameters) } },
  };
}

/** Without what nobody said, which the service would take for said. */
export function defined<Parameters extends object>(parameters: Parameters): Partial<Parameters> {
  const entries = Object.entries(parameters).filter(([, value]) => value !== undefined && !(typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(defined(value)).length === 0));
  return Object.fromEntries(entries.map(([name, value]) => [name, isPlain(value) ? defined(value) : value])) as Partial<Parameters>;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Lets a knowledge base log in with what a secret holds. */
export function letLogIn(scope: IConstruct, role: ServiceRole, credentials: ISecret, actions: string[] = ['secretsmanager:GetSecretValue']) {
  requireMade(scope, 'credentials', credentials, 'grantRead', "a secret, such as Secret.fromSecretNameV2(this, 'Credentials', 'confluence')");
  // Of a secret that is known by its name the last six characters are not known.
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [credentials.secretFullArn ?? `${credentials.secretArn}-??????`] }));
  if (!credentials.encryptionKey) return;
  const { region, urlSuffix } = Stack.of(scope);
  role.addToPrincipalPolicy(new PolicyStatement({
    actions: ['kms:Decrypt'],
    resources: [credentials.encryptionKey.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` } },
  }));
}

export function requireUrls(scope: IConstruct, prop: string, urls: string[] | undefined, most: number) {
  requireCount(scope, prop, urls, 1, most);
  urls?.forEach((url) => requireUrl(scope, prop, url));
}

export function requireUrl(scope: IConstruct, prop: string, url: string) {
  if (!/^https:\/\/[^/\s]+/.test(url) && !url.includes('${Token[')) fail(scope, `'${prop}' must begin with https:// and a host, got '${url}'`);
}

/** Patterns are regular expressions; the service takes 25 of a thousand characters. */
export function requirePatterns(scope: IConstruct, prop: string, patterns: string[] | undefined) {
  requireCount(scope, prop, patterns, 1, 25);
  for (const pattern of patterns ?? []) {
    requireLength(scope, prop, pattern, 1, 1_000);
    try {
      new RegExp(pattern);
    } catch {
      fail(scope, `'${prop}' must be regular expressions, got '${pattern}', which is none: put a backslash before what is meant as it is`);
    }
  }
}
