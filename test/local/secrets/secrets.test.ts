import { App, Stack } from 'aws-cdk-lib';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { readAssembly } from '../../../local/assembly/assembly';
import { Deployment } from '../../../local/assembly/deployment';
import { AwsRequest } from '../../../local/aws/service';
import { secretsManager } from '../../../local/secrets/secrets';

const asked = (target: string, input: object) => ({ headers: { 'x-amz-target': `secretsmanager.${target}` }, body: Buffer.from(JSON.stringify(input)) }) as unknown as AwsRequest;
const GIVEN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:pinecone/key-AbCdEf';

function deploy() {
  const app = new App();
  const stack = new Stack(app, 'Stack');
  new Secret(stack, 'Login', { generateSecretString: { secretStringTemplate: '{"username":"ann"}', generateStringKey: 'password', passwordLength: 40, excludeCharacters: '"@/\\' } });
  new CfnSecret(stack, 'Fixed', { name: 'fixed', secretString: 'as it is' });
  const deployment = new Deployment(readAssembly(app.synth().directory));
  const secrets = secretsManager();
  secrets.createSecrets(deployment);
  const [login, fixed] = deployment.resources('AWS::SecretsManager::Secret').map((secret) => deployment.ref(secret));
  return { secrets, login, fixed };
}

async function read(secrets: ReturnType<typeof secretsManager>, SecretId: string) {
  const { body } = await secrets.handle(asked('GetSecretValue', { SecretId }));
  return JSON.parse(String(body)) as { ARN: string; Name: string; SecretString: string };
}

test('a secret of a stack has a text, made as its template asks', async () => {
  const { secrets, login, fixed } = deploy();
  const { username, password } = JSON.parse((await read(secrets, login)).SecretString) as { username: string; password: string };
  expect([username, password]).toEqual(['ann', expect.stringMatching(/^[^"@/\\]{40}$/)]);
  expect(await read(secrets, fixed)).toMatchObject({ ARN: fixed, Name: 'fixed', SecretString: 'as it is' });
});

test('is found by its name too, and authorized by its ARN', async () => {
  const { secrets, fixed } = deploy();
  expect((await read(secrets, 'fixed')).ARN).toBe(fixed);
  expect(secrets.authorizations(asked('GetSecretValue', { SecretId: 'fixed' }))).toEqual([{ action: 'secretsmanager:GetSecretValue', resource: fixed }]);
});

test('one that was imported has the text that it is given', async () => {
  const { secrets } = deploy();
  await expect(read(secrets, GIVEN)).rejects.toMatchObject({ code: 'ResourceNotFoundException', status: 400 });
  secrets.put(GIVEN, 'the key');
  expect(await read(secrets, GIVEN)).toMatchObject({ Name: 'pinecone/key', SecretString: 'the key' });
});

test.each<[string, string, object]>([
  ['what it does not do', 'PutSecretValue', { SecretId: GIVEN, SecretString: 'x' }],
  ['versions that are gone', 'GetSecretValue', { SecretId: GIVEN, VersionStage: 'AWSPREVIOUS' }],
])('refuses %s', (_, target, input) => {
  expect(() => secretsManager().authorizations(asked(target, input))).toThrow('the local Secrets Manager gives the current text of a secret only');
});
