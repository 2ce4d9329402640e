import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from './assembly';
import type { Deployment } from './deployment';
import { ACCOUNT, PARTITION, REGION } from './identity';

/** Types whose functions this machine runs, and whose work it can see. */
const MADE = /^Custom::Pgvector/;

export interface CustomResourceOptions {
  readonly deployment: Deployment;
  /** Runs a function with an event for which nobody waits but for its answer here. */
  readonly invoke: (functionArn: string, event: object) => Promise<unknown>;
}

/** Has the custom resources of a deployment made by their functions, as CloudFormation does; a function that fails fails the deployment. */
export async function makeCustomResources({ deployment, invoke }: CustomResourceOptions): Promise<void> {
  const types = new Set(deployment.stacks.flatMap((stack) => [...stack.resources.values()]).map(({ type }) => type).filter((type) => MADE.test(type)));
  const resources = deployment.resources(...types);
  if (resources.length === 0) return;
  const answers = await openAnswers();
  try {
    await Promise.all(resources.map((resource) => make(resource, deployment, invoke, answers)));
  } finally {
    await answers.stop();
  }
}

async function make(resource: Resource, deployment: Deployment, invoke: CustomResourceOptions['invoke'], answers: Answers): Promise<void> {
  const { ServiceToken, ServiceTimeout: _, ...properties } = deployment.properties(resource);
  const RequestId = randomUUID();
  const name = `${resource.stack.name}/${resource.logicalId}`;
  await invoke(String(ServiceToken), {
    RequestType: 'Create',
    RequestId,
    ResponseURL: `${answers.url}/${RequestId}`,
    StackId: `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${resource.stack.name}/local`,
    ResourceType: resource.type,
    LogicalResourceId: resource.logicalId,
    ServiceToken,
    // CloudFormation hands on texts only.
    ResourceProperties: { ServiceToken, ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, typeof value === 'object' ? value : String(value)])) },
  });
  const { Status, Reason } = answers.of(RequestId) ?? { Status: 'FAILED', Reason: 'its function said nothing' };
  if (Status !== 'SUCCESS') throw new Error(`${name} could not be made: ${Reason}`);
}

interface Answer {
  readonly Status?: string;
  readonly Reason?: string;
}

interface Answers {
  readonly url: string;
  of(requestId: string): Answer | undefined;
  stop(): Promise<void>;
}

/** Where functions put what became of a resource. */
async function openAnswers(): Promise<Answers> {
  const answers = new Map<string, Answer>();
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => void pieces.push(piece));
    request.on('end', () => {
      answers.set(String(request.url).slice(1), JSON.parse(Buffer.concat(pieces).toString()) as Answer);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    of: (requestId) => answers.get(requestId),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
