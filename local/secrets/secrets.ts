import { randomInt } from 'node:crypto';
import type { Deployment } from '../assembly/deployment';
import { AwsFailure } from '../aws/failure';
import type { AwsRequest, AwsService } from '../aws/service';

export interface Secrets extends AwsService {
  /** The secrets that a deployment makes, each with a new password where it asks for one. */
  createSecrets(deployment: Deployment): void;
  /** Gives a secret its text, whether it is the deployment's or one that it has imported by its whole ARN. */
  put(secretArn: string, text: string): void;
  /** The text of a secret, if there is one of that ARN. */
  find(secretArn: string): string | undefined;
}

interface SecretProperties {
  readonly SecretString?: string;
  readonly GenerateSecretString?: GeneratedString;
}

interface GeneratedString {
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludePunctuation?: boolean;
}

const TARGET = 'secretsmanager.';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const LENGTH = 32;

/** Secrets Manager as far as handlers read it: the current text of a secret. Nothing rotates. */
export function secretsManager(): Secrets {
  const texts = new Map<string, string>();
  /** By its ARN, or by its name: the ARN without the six characters at its end. */
  const arnOf = (id: string) => (texts.has(id) ? id : [...texts.keys()].find((known) => known.split(':secret:')[1].slice(0, -'-123456'.length) === id));

  return {
    name: 'secretsmanager',
    put: (secretArn, text) => void texts.set(secretArn, text),
    find: (secretArn) => texts.get(secretArn),
    createSecrets: (deployment) => {
      for (const secret of deployment.resources('AWS::SecretsManager::Secret')) {
        const { SecretString, GenerateSecretString } = deployment.properties(secret) as SecretProperties;
        const text = SecretString ?? (GenerateSecretString && generate(GenerateSecretString));
        if (text !== undefined) texts.set(deployment.ref(secret), text);
      }
    },

    authorizations(request) {
      const { SecretId } = inputOf(request);
      return [{ action: 'secretsmanager:GetSecretValue', resource: arnOf(SecretId) ?? SecretId }];
    },

    async handle(request) {
      const secretArn = arnOf(inputOf(request).SecretId);
      if (secretArn === undefined) {
        throw new AwsFailure('ResourceNotFoundException', 400, "Secrets Manager can't find the specified secret. (local: a test gives an imported secret its text by cloud.secrets.put)");
      }
      const body = { ARN: secretArn, Name: secretArn.split(':secret:')[1].slice(0, -'-123456'.length), SecretString: texts.get(secretArn), VersionStages: ['AWSCURRENT'] };
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: JSON.stringify(body) };
    },
  };
}

function inputOf({ headers, body }: AwsRequest): { readonly SecretId: string } {
  const target = headers['x-amz-target'] ?? '';
  const input = JSON.parse(body.toString() || '{}') as { readonly SecretId?: string; readonly VersionStage?: string };
  const odd = Object.keys(input).find((key) => !['SecretId', 'VersionStage'].includes(key));
  if (target !== `${TARGET}GetSecretValue` || odd !== undefined || (input.VersionStage ?? 'AWSCURRENT') !== 'AWSCURRENT') {
    const asked = `${target.replace(TARGET, '')} with ${Object.keys(input).join(', ')}`;
    throw new AwsFailure('UnknownOperationException', 404, `the local Secrets Manager gives the current text of a secret only, asked for ${asked}`);
  }
  if (typeof input.SecretId !== 'string') throw new AwsFailure('InvalidParameterException', 400, "'SecretId' must be the ARN or the name of a secret");
  return { SecretId: input.SecretId };
}

function generate({ SecretStringTemplate, GenerateStringKey, PasswordLength = LENGTH, ExcludeCharacters = '', ExcludePunctuation = false }: GeneratedString): string {
  const letters = [...LETTERS + (ExcludePunctuation ? '' : PUNCTUATION)].filter((letter) => !ExcludeCharacters.includes(letter));
  const password = Array.from({ length: Number(PasswordLength) }, () => letters[randomInt(letters.length)]).join('');
  if (GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate ?? '{}') as object, [GenerateStringKey]: password });
}
