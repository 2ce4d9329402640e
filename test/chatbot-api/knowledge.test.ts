import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ApiAuth, ChatbotApi, type ChatbotApiProps, Knowledge, MetadataField, Posture } from '../../lib';

const KNOWLEDGE_BASE = 'ABCDEFGHIJ';

function chatOver(props: ChatbotApiProps = {}): Template {
  const stack = new Stack();
  new ChatbotApi(stack, 'Chat', { knowledge: Knowledge.fromKnowledgeBaseId(KNOWLEDGE_BASE), ...props });
  return Template.fromStack(stack);
}

test('tells the handler how documents are looked up, and lets it look in that knowledge base alone', () => {
  const template = chatOver();
  const [handler] = Object.values(template.findResources('AWS::Lambda::Function', { Properties: { Description: 'Answers chat requests' } }));
  expect(JSON.stringify(handler.Properties.Environment.Variables.KNOWLEDGE)).toContain(KNOWLEDGE_BASE);
  template.hasResourceProperties('AWS::IAM::ManagedPolicy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'bedrock:Retrieve', Resource: { 'Fn::Join': ['', Match.arrayWith([`:knowledge-base/${KNOWLEDGE_BASE}`])] } })]) },
  });
});

test('reaches knowledge bases through an endpoint in a private network', () => {
  chatOver({ posture: Posture.regulated() }).hasResourceProperties('AWS::EC2::VPCEndpoint', {
    ServiceName: { 'Fn::Join': ['', Match.arrayWith(['.bedrock-agent-runtime'])] },
  });
});

test('leaves what looks documents up out of a chat that has none', () => {
  const template = chatOver({ knowledge: undefined });
  expect(JSON.stringify(template.toJSON())).not.toContain('bedrock:Retrieve');
});

test('refuses tenants where nothing that proves who asks could name one', () => {
  const knowledge = Knowledge.fromKnowledgeBaseId(KNOWLEDGE_BASE, { retrieval: { fields: [MetadataField.text('owner')], tenant: { field: 'owner', claim: 'custom:owner' } } });
  expect(() => chatOver({ knowledge, auth: ApiAuth.iam() })).toThrow(/'knowledge' must have no tenants and name nobody with signatures of IAM credentials.*got the claim 'custom:owner'/);
  expect(() => chatOver({ knowledge })).toThrow(/'knowledge.retrieval.tenant.claim' must be a claim that tokens hold/);
  expect(() => chatOver({ knowledge, auth: ApiAuth.newUserPool({ customAttributes: ['owner'] }) })).not.toThrow();
});

test('refuses the bare name of an attribute of the pool as a claim, and no other name', () => {
  const over = (claim: string, ...customAttributes: string[]) => () => chatOver({
    knowledge: Knowledge.fromKnowledgeBaseId(KNOWLEDGE_BASE, { retrieval: { tenant: { field: 'owner', claim } } }), auth: ApiAuth.newUserPool({ customAttributes }),
  });
  expect(over('owner', 'owner')).toThrow(/'knowledge.retrieval.tenant.claim' must be a claim that tokens hold.*got 'owner': write 'custom:owner'/);
  // A trigger of the pool may add a claim, and tokens hold standard attributes without anything before them.
  for (const allowed of [over('team', 'owner'), over('email', 'email')]) expect(allowed).not.toThrow();
});
