import { readSettings } from '../../../lambda/chat/settings';
import { readEnv } from '../../../lambda/kit/env';
import { CHAT_ENV } from '../../../lib/contract/chat';
import { facts } from '../fakes/policy';

const env = {
  TABLE_NAME: 't',
  CACHE: '',
  AGENT_MEMORY: '',
  CONTENT_BUCKET: 'content',
  ATTACHMENTS: '',
  MODEL: JSON.stringify(facts),
  ROUTED_MODELS: '',
  GENERATION: '{"maxTokens":500,"temperature":0.2}',
  TRANSPORT: 'functionUrl',
  CALLER: 'token',
  SOCKET: '{"table":"connections","endpoint":"https://socket.example/prod"}',
  TOKENS: '{"issuer":"https://login.example"}',
  HISTORY_TOKENS: '9000',
  SUMMARY: '',
  RETENTION_SECONDS: '60',
  GUARDRAIL: '{"id":"g","version":"1"}',
  KNOWLEDGE: '',
  HOOKS: '{"after":{"functionArn":"f"}}',
  QUOTAS: '{"user":[],"groups":[]}',
  QUOTA_TABLE: 'quotas',
  USER_GROUPS: '["beta"]',
  CORS_ORIGINS: 'https://a.example,https://b.example',
  SERVICE: 'Chat',
};

test('reads every key of its contract', () => {
  expect(Object.keys(env).sort()).toEqual([...CHAT_ENV].sort());
  expect(readSettings(readEnv(CHAT_ENV, env), 'Be kind.')).toEqual({
    transport: 'functionUrl',
    caller: 'token',
    tokens: { issuer: 'https://login.example' },
    socket: { table: 'connections', endpoint: 'https://socket.example/prod' },
    corsOrigins: ['https://a.example', 'https://b.example'],
    policy: { generation: { maxTokens: 500, temperature: 0.2 }, systemPrompt: 'Be kind.', historyTokens: 9_000, retentionSeconds: 60, guardrail: { id: 'g', version: '1' }, hooks: { after: { functionArn: 'f' } }, quotas: { user: [], groups: [] }, userGroups: ['beta'] },
  });
});

test('takes an empty value as a feature that is off', () => {
  const { corsOrigins, policy, ...settings } = readSettings(readEnv(CHAT_ENV, { ...env, TOKENS: '', SOCKET: '', RETENTION_SECONDS: '', GUARDRAIL: '', HOOKS: '', QUOTAS: '', USER_GROUPS: '', CORS_ORIGINS: '' }), '');
  expect(corsOrigins).toEqual([]);
  expect(settings).not.toHaveProperty('tokens');
  expect(settings).not.toHaveProperty('socket');
  expect(policy).not.toHaveProperty('guardrail');
  expect(policy).not.toHaveProperty('hooks');
  expect(policy).not.toHaveProperty('quotas');
  expect(policy).not.toHaveProperty('userGroups');
  expect(policy).not.toHaveProperty('retentionSeconds');
});

test('refuses to start without a key', () => {
  expect(() => readEnv(['A', 'B', 'C'], { B: '' })).toThrow('the environment lacks A, C');
});

test('refuses to start with a caller it does not know', () => {
  expect(() => readSettings({ ...env, CALLER: 'body' }, '')).toThrow('CALLER must be one of');
});
