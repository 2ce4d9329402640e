import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { DomainName, EndpointType } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { defineChat } from './define-chat';
import { ChatbotApi, Firewall, Posture, RestDomain, Transport } from '../../lib';

const certificate = (stack: Stack) => Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/abc');
const zone = (stack: Stack) => HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' });

describe('a name of your own', () => {
  const named = (options: { basePath?: string; withZone?: boolean; domainName?: string } = {}) => defineChat((stack) => ({
    transport: Transport.restStreaming({
      domain: RestDomain.own({
        domainName: options.domainName ?? 'chat.example.com', certificate: certificate(stack), basePath: options.basePath, ...(options.withZone && { hostedZone: zone(stack) }),
      }),
    }),
  }));

  test('leads to the API, whose other name is shut', () => {
    const { chat, template } = named();
    expect(chat.url).toBe('https://chat.example.com/');
    template().hasResourceProperties('AWS::ApiGateway::DomainName', {
      DomainName: 'chat.example.com', SecurityPolicy: 'TLS_1_2', EndpointConfiguration: { Types: ['REGIONAL'] }, RegionalCertificateArn: Match.stringLikeRegexp('certificate/abc'),
    });
    template().hasResourceProperties('AWS::ApiGateway::BasePathMapping', { BasePath: Match.absent(), Stage: Match.anyValue() });
    template().hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
    template().resourceCountIs('AWS::Route53::RecordSet', 0);
  });

  test('gets a record in its zone', () => {
    named({ withZone: true }).template().hasResourceProperties('AWS::Route53::RecordSet', { Name: 'chat.example.com.', Type: 'A', HostedZoneId: 'Z1', AliasTarget: Match.anyValue() });
  });

  test('may be shared with other APIs by a base path', () => {
    const { chat, template } = named({ basePath: 'chat' });
    expect(chat.url).toBe('https://chat.example.com/chat/');
    template().hasResourceProperties('AWS::ApiGateway::BasePathMapping', { BasePath: 'chat' });
  });

  test('leads to several chats, made before them or with the first of them', () => {
    const stack = new Stack(new App(), 'Test');
    const issued = certificate(stack);
    const name = new DomainName(stack, 'Name', { domainName: 'example.com', certificate: issued, endpointType: EndpointType.REGIONAL });
    const chat = (id: string, domain: RestDomain) => new ChatbotApi(stack, id, { transport: Transport.restStreaming({ domain }) });
    const sales = chat('Sales', RestDomain.shared(name, 'sales'));
    const support = chat('Support', RestDomain.shared(name, 'support'));
    const first = chat('First', RestDomain.own({ domainName: 'chat.example.com', certificate: issued, basePath: 'first' }));
    chat('Second', RestDomain.shared(first.api!.domainName!, 'second'));

    expect([sales.api!.domainName, stack.resolve(sales.url), stack.resolve(support.url)])
      .toEqual([undefined, ...['sales', 'support'].map((path) => ({ 'Fn::Join': ['', ['https://', { Ref: expect.stringMatching('^Name') as string }, `/${path}/`]] }))]);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::ApiGateway::DomainName', 2);
    template.allResourcesProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
    const mapped = Object.values(template.findResources('AWS::ApiGateway::BasePathMapping')).map(({ Properties: { BasePath, Stage } }) => [BasePath as string, Stage !== undefined]);
    expect(mapped.sort()).toEqual([['first', true], ['sales', true], ['second', true], ['support', true]]);
  });

  test('refuses one path for two chats', () => {
    const stack = new Stack(new App(), 'Test');
    const name = DomainName.fromDomainNameAttributes(stack, 'Name', { domainName: 'example.com', domainNameAliasTarget: 'd-1.execute-api.example', domainNameAliasHostedZoneId: 'Z1' });
    const chat = (id: string) => new ChatbotApi(stack, id, { transport: Transport.restStreaming({ domain: RestDomain.shared(name, 'chat') }) });
    expect(chat('One').url).toBe('https://example.com/chat/');
    expect(() => chat('Two')).toThrow("'domain.basePath' must be unlike those of other APIs under Test/Name, got 'chat'");
  });

  test('is not asked for: the API answers under the name that API Gateway makes', () => {
    const { template } = defineChat();
    template().hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: Match.absent() });
  });

  test.each([
    ['a name with a scheme', { domainName: 'https://chat.example.com' }, "'domain.domainName' must be a name like chat.example.com"],
    ['a base path with slashes', { basePath: 'chat/v1' }, "'domain.basePath' must be letters"],
    ['a name of another zone', { domainName: 'chat.example.org', withZone: true }, "'domain.domainName' must be in the hosted zone 'example.com', got 'chat.example.org'"],
  ])('refuses %s', (_, options, message) => {
    expect(() => named(options)).toThrow(message);
  });

  test('refuses a shared name without a path, and a name that no factory made', () => {
    const refused = (domain: RestDomain) => () => defineChat({ transport: Transport.restStreaming({ domain }) });
    const name = DomainName.fromDomainNameAttributes(new Stack(), 'Name', { domainName: 'example.com', domainNameAliasTarget: 'd-1', domainNameAliasHostedZoneId: 'Z1' });
    expect(refused(RestDomain.shared(name, ''))).toThrow("'domain.basePath' must be letters, digits, '-', '_' and '.', without a slash, got ''");
    expect(refused(RestDomain.shared(undefined as never, 'chat'))).toThrow("'domain.domainName' must be a name of REST APIs");
    expect(refused({ domainName: 'chat.example.com' } as never)).toThrow("'domain' must be made by RestDomain, such as RestDomain.own(");
  });
});

describe('a firewall', () => {
  const guarded = (firewall = Firewall.managed(), posture = Posture.standard()) => defineChat({ posture, transport: Transport.restStreaming({ firewall }) });
  const rule = (name: string, more: object) => Match.arrayWith([Match.objectLike({ Name: name, ...more })]);

  test('stands in front of the API with the rules that AWS keeps', () => {
    const { template } = guarded();
    template().hasResourceProperties('AWS::WAFv2::WebACLAssociation', { ResourceArn: Match.anyValue(), WebACLArn: Match.anyValue() });
    for (const name of ['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet']) {
      template().hasResourceProperties('AWS::WAFv2::WebACL', { Rules: rule(name, { OverrideAction: { None: {} } }) });
    }
  });

  test.each([
    ['prompts that are long or quote web pages', 'AWSManagedRulesCommonRuleSet', ['SizeRestrictions_BODY', 'CrossSiteScripting_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY', 'EC2MetaDataSSRF_BODY']],
    ['prompts that quote exploits', 'AWSManagedRulesKnownBadInputsRuleSet', ['JavaDeserializationRCE_BODY', 'Log4JRCE_BODY']],
  ])('lets through %s', (_, group, names) => {
    const counted = names.map((Name) => ({ Name, ActionToUse: { Count: {} } }));
    guarded().template().hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: rule(group, { Statement: { ManagedRuleGroupStatement: Match.objectLike({ RuleActionOverrides: counted }) } }),
    });
  });

  test.each([
    [8_192, false], [1_000_000, false], [4_194_304, false], [4_200_000, true], [5_000_000, true], [10_000_000, true], [123_456_789, true],
  ])('of a body of %i bytes: blocked is %s', (bytes, blocked) => {
    const [{ Properties: { Rules: rules } }] = Object.values(guarded().template().findResources('AWS::WAFv2::WebACL')) as { Properties: { Rules: Rule[] } }[];
    const { RegexString: pattern, FieldToMatch: field } = rules.find(({ Name }) => Name === 'BodyTooLong')!.Statement.RegexMatchStatement!;
    expect(field).toEqual({ SingleHeader: { Name: 'content-length' } });
    expect(new RegExp(pattern).test(String(bytes))).toBe(blocked);
  });

  test('limits requests by address, as told', () => {
    guarded(Firewall.managed({ requestsPerAddress: 300 })).template().hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: rule('RequestsPerAddress', { Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 300 } } }),
    });
  });

  test('logs without what proves who asks, and samples nothing', () => {
    const { template } = guarded();
    template().hasResourceProperties('AWS::WAFv2::LoggingConfiguration', {
      RedactedFields: ['authorization', 'x-api-key', 'cookie', 'x-amz-security-token'].map((Name) => ({ SingleHeader: { Name } })),
    });
    expect(JSON.stringify(template().findResources('AWS::WAFv2::WebACL'))).not.toContain('"SampledRequestsEnabled":true');
  });

  test('may be one that is there already', () => {
    const { template } = guarded(Firewall.fromWebAclArn('arn:aws:wafv2:us-east-1:111122223333:regional/webacl/all/abc'));
    template().resourceCountIs('AWS::WAFv2::WebACL', 0);
    template().hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: 'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/all/abc' });
  });

  test('is one where regulation holds, and the one that was chosen', () => {
    guarded(Firewall.managed({ requestsPerAddress: 300 }), Posture.regulated()).template().resourceCountIs('AWS::WAFv2::WebACL', 1);
    defineChat({ posture: Posture.regulated() }).template().hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: rule('RequestsPerAddress', { Statement: { RateBasedStatement: Match.objectLike({ Limit: 2000 }) } }),
    });
  });

  test.each([
    ['a limit that lets nobody in', () => Firewall.managed({ requestsPerAddress: 5 }), "'requestsPerAddress' must be a whole number between 10 and 2000000000, got 5"],
    ['an ACL of CloudFront', () => Firewall.fromWebAclArn('arn:aws:wafv2:us-east-1:111122223333:global/webacl/all/abc'), "'webAclArn' must be the ARN of a regional web ACL"],
    ['what is no firewall', () => ({}) as Firewall, "'firewall' must be made by Firewall, such as Firewall.managed()"],
  ])('refuses %s', (_, firewall, message) => {
    expect(() => guarded(firewall())).toThrow(message);
  });
});

interface Rule {
  readonly Name: string;
  readonly Statement: { readonly RegexMatchStatement?: { readonly RegexString: string; readonly FieldToMatch: object } };
}
