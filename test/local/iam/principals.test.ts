import { Principals } from '../../../local/iam/principals';
import { reportText } from '../../../local/iam/report';

const ROLE = 'arn:aws:iam::123456789012:role/Chat';
const TABLE = 'arn:aws:dynamodb:us-east-1:123456789012:table/Chats';
const INDEX = `${TABLE}/index/recent`;
const SERVICES = ['bedrock', 'dynamodb'];
const request = { accessKeyId: 'KEY', region: 'us-east-1' };

function principalsWith(...Statement: object[]) {
  const principals = new Principals();
  principals.add({ accessKeyId: 'KEY', arn: ROLE, policies: [{ name: 'Permissions', document: { Statement: Statement as never } }] });
  return principals;
}

test('says who was denied what, and which statement is missing', () => {
  const denial = principalsWith().authorize(request, { action: 'dynamodb:GetItem', resource: TABLE, context: { 'dynamodb:LeadingKeys': 'a' } });
  expect(denial).toMatchObject({ principal: ROLE, action: 'dynamodb:GetItem', resource: TABLE });
  expect(denial?.message).toBe(`User: ${ROLE} is not authorized to perform: dynamodb:GetItem on resource: ${TABLE} because no identity-based policy allows the dynamodb:GetItem action `
    + `(local: missing is {"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"${TABLE}","Condition":{"StringEquals":{"dynamodb:LeadingKeys":"a"}}})`);
});

test('names the statement that denies', () => {
  const principals = principalsWith({ Effect: 'Allow', Action: '*', Resource: '*' }, { Effect: 'Deny', Action: 'dynamodb:*', Resource: TABLE });
  expect(principals.authorize(request, { action: 'dynamodb:GetItem', resource: TABLE })?.message).toMatch(/with an explicit deny in an identity-based policy \(local: statement 1 of Permissions\)$/);
});

test('knows the global condition keys of a request', () => {
  const Condition = { StringEquals: { 'aws:RequestedRegion': 'us-east-1', 'aws:PrincipalAccount': '123456789012' }, ArnEquals: { 'aws:PrincipalArn': ROLE }, Bool: { 'aws:SecureTransport': 'true' } };
  const principals = principalsWith({ Effect: 'Allow', Action: '*', Resource: '*', Condition });
  expect(principals.authorize(request, { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })).toBeUndefined();
  expect(principals.authorize({ ...request, region: 'eu-west-1' }, { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })).toBeDefined();
});

test('refuses an access key that nobody holds', () => {
  expect(() => principalsWith().authorize({ ...request, accessKeyId: 'OTHER' }, { action: 'a:B', resource: '*' })).toThrow('knows no access key \'OTHER\'');
});

test.each([
  [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: { DateLessThan: {} } }, /condition operator 'DateLessThan', in statement 0 of Permissions/],
  [{ Effect: 'Permit', Action: '*', Resource: '*' }, /'Effect' must be Allow or Deny, got "Permit"/],
])('refuses a policy that it cannot evaluate: %j', (statement, message) => {
  expect(() => principalsWith(statement)).toThrow(message);
});

test('says of a role that no function holds whose it is', async () => {
  const principals = new Principals();
  const holders = ['vpc-flow-logs.amazonaws.com'];
  principals.add({ accessKeyId: 'KEY', arn: ROLE, holders, policies: [{ name: 'Permissions', document: { Statement: [{ Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' }] } }] });
  expect((await principals.report(SERVICES)).roles[0].unseen).toMatchObject([{ action: 'logs:PutLogEvents', reason: 'no function holds the role: it is for vpc-flow-logs.amazonaws.com' }]);
});

describe('the report', () => {
  const used = principalsWith(
    { Effect: 'Allow', Action: ['dynamodb:GetItem', 'dynamodb:PutItem'], Resource: [TABLE, INDEX] },
    { Effect: 'Allow', Action: 'bedrock:InvokeModel*', Resource: '*' },
    { Effect: 'Allow', Action: ['xray:PutTraceSegments', 'kms:Decrypt', 'textract:DetectDocumentText'], Resource: '*' },
    { Effect: 'Allow', Action: 'bedrock:Converse', Resource: '*' },
    { Effect: 'Deny', Action: 'dynamodb:DeleteTable', Resource: '*' },
  );
  used.authorize(request, { action: 'dynamodb:GetItem', resource: TABLE });
  used.authorize(request, { action: 'dynamodb:GetItem', resource: TABLE });
  used.authorize(request, { action: 'dynamodb:Scan', resource: TABLE });
  const report = async () => (await used.report(SERVICES)).roles[0];
  const actions = (grants: readonly { action: string; statement: number }[]) => grants.map(({ action, statement }) => `${statement} ${action}`);

  test('tells used grants from unused ones, with wildcards spelled out', async () => {
    const { role, used: seen, unused } = await report();
    expect(role).toBe(ROLE);
    expect(actions(seen)).toEqual(['0 dynamodb:GetItem']);
    expect(actions(unused)).toEqual(['0 dynamodb:PutItem', '1 bedrock:InvokeModel', '1 bedrock:InvokeModelWithResponseStream']);
  });

  test('names the resources of a used grant that no call touched', async () => {
    expect((await report()).untouched).toEqual([{ policy: 'Permissions', statement: 0, action: 'dynamodb:GetItem', resources: [INDEX] }]);
  });

  test('lists apart what no call here can use, with the reason', async () => {
    expect((await report()).unseen.map(({ action, reason }) => [action, reason])).toEqual([
      ['xray:PutTraceSegments', 'the Lambda service sends traces, not the handler'],
      ['kms:Decrypt', 'the service that keeps the data uses the key in the name of the role'],
      ['textract:DetectDocumentText', 'the local cloud runs no textract'],
    ]);
  });

  test('finds actions that do not exist', async () => {
    expect(actions((await report()).unknown)).toEqual(['3 bedrock:Converse']);
  });

  test('lists what was denied', async () => {
    expect((await report()).denied).toEqual([{ action: 'dynamodb:Scan', resource: TABLE }]);
  });

  test('reads well in a terminal', async () => {
    used.add({ accessKeyId: 'IDLE', arn: 'arn:aws:iam::123456789012:role/Idle', policies: [] });
    expect(reportText(await used.report(SERVICES))).toBe([
      ROLE,
      '  never used',
      '    dynamodb:PutItem',
      `      on ${TABLE}`,
      `      on ${INDEX}`,
      '      by Permissions, statement 0',
      '    bedrock:InvokeModel, bedrock:InvokeModelWithResponseStream',
      '      on *',
      '      by Permissions, statement 1',
      '  resources never touched',
      '    dynamodb:GetItem',
      `      on ${INDEX}`,
      '      by Permissions, statement 0',
      '  actions that do not exist',
      '    bedrock:Converse',
      '      on *',
      '      by Permissions, statement 3',
      '  denied',
      `    dynamodb:Scan on ${TABLE}`,
      '  cannot be seen locally',
      '    xray:PutTraceSegments: the Lambda service sends traces, not the handler',
      '    kms:Decrypt: the service that keeps the data uses the key in the name of the role',
      '    textract:DetectDocumentText: the local cloud runs no textract',
      '  used',
      '    dynamodb:GetItem',
      `      on ${TABLE}`,
      `      on ${INDEX}`,
      '      by Permissions, statement 0',
      '',
    ].join('\n'));
  });
});
