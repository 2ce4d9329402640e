import { BedrockRuntimeClient, ConverseStreamCommandOutput, ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startAwsEndpoint } from '../../../local/aws/endpoint';
import { bedrockRuntime, BedrockRuntimeOptions } from '../../../local/bedrock/runtime';
import { PolicyStatement } from '../../../local/iam/policy';
import { Principals } from '../../../local/iam/principals';

export const ACCOUNT = '123456789012';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/Chat`;

export interface LocalBedrock {
  readonly url: string;
  readonly principals: Principals;
  /** HTTP/2, as the SDK chooses by itself. */
  readonly client: BedrockRuntimeClient;
  readonly overHttp1: BedrockRuntimeClient;
  readonly notices: string[];
  stop(): Promise<void>;
}

export async function startLocalBedrock(options: Partial<BedrockRuntimeOptions> & { statements?: PolicyStatement[] } = {}): Promise<LocalBedrock> {
  const { statements = [{ Effect: 'Allow', Action: 'bedrock:*', Resource: '*' }], ...rest } = options;
  const principals = new Principals();
  principals.add({ accessKeyId: 'LOCALCHAT', arn: ROLE, policies: [{ name: 'Policy', document: { Statement: statements } }] });
  const notices: string[] = [];
  const endpoint = await startAwsEndpoint({
    principals,
    services: [bedrockRuntime({ account: ACCOUNT, ...rest })],
    onNotice: (line) => notices.push(line),
  });
  const client = clientOf(endpoint.url);
  const overHttp1 = clientOf(endpoint.url, new NodeHttpHandler());
  return {
    url: endpoint.url,
    principals,
    client,
    overHttp1,
    notices,
    stop: () => {
      client.destroy();
      overHttp1.destroy();
      return endpoint.stop();
    },
  };
}

export function clientOf(endpoint: string, requestHandler?: NodeHttpHandler, maxAttempts = 1): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'LOCALCHAT', secretAccessKey: 'local' },
    maxAttempts,
    ...(requestHandler ? { requestHandler } : {}),
  });
}

export function asks(text: string) {
  return { modelId: 'global.amazon.nova-2-lite-v1:0', messages: [{ role: 'user' as const, content: [{ text }] }] };
}

export async function eventsOf(output: ConverseStreamCommandOutput): Promise<ConverseStreamOutput[]> {
  const events: ConverseStreamOutput[] = [];
  for await (const event of output.stream ?? []) events.push(event);
  return events;
}

export function textIn(events: readonly ConverseStreamOutput[]): string {
  return events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('');
}
