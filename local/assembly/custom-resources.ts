import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Properties, Resource } from './assembly';
import type { Deployment } from './deployment';
import { ACCOUNT, PARTITION, REGION } from './identity';

/** Types whose functions this machine runs, and whose work it can see. */
const MADE = /^Custom::(Pgvector|EmptiedVectorBucket$)/;

/** Runs a function with an event for which nobody waits but for its answer here. */
type Invoke = (functionArn: string, event: object) => Promise<unknown>;

interface Made {
  readonly resource: Resource;
  readonly properties: Properties;
  readonly physicalId: string;
}

/** Custom resources, made, changed and deleted by their functions as CloudFormation does; a function that fails fails the deployment. */
export class CustomResources {
  private readonly made = new Map<string, Made>();

  constructor(private readonly invoke: Invoke, private readonly onStep: (what: string) => void = () => undefined) {}

  /** Makes those of a deployment, or changes them to what they are in it. Those that are gone, or whose place another has taken, are deleted at the end. */
  async apply(deployment: Deployment): Promise<void> {
    const types = new Set(deployment.stacks.flatMap((stack) => [...stack.resources.values()]).map(({ type }) => type).filter((type) => MADE.test(type)));
    const resources = deployment.resources(...types);
    if (resources.length === 0 && this.made.size === 0) return;
    this.onStep('Running the custom resources of the stack');
    const answers = await openAnswers();
    try {
      const names = new Set(resources.map(nameOf));
      const gone = [...this.made.values()].filter(({ resource }) => !names.has(nameOf(resource)));
      const replaced = await Promise.all(resources.map((resource) => this.change(resource, deployment.properties(resource), answers)));
      for (const old of [...gone, ...replaced.flat()]) await this.ask('Delete', old, answers);
      for (const { resource } of gone) this.made.delete(nameOf(resource));
    } finally {
      await answers.stop();
    }
  }

  /** Gives what another has taken the place of. */
  private async change(resource: Resource, properties: Properties, answers: Answers): Promise<Made[]> {
    const known = this.made.get(nameOf(resource));
    if (known && JSON.stringify(known.properties) === JSON.stringify(properties)) return [];
    const physicalId = await this.ask(known ? 'Update' : 'Create', { resource, properties, physicalId: known?.physicalId }, answers);
    this.made.set(nameOf(resource), { resource, properties, physicalId });
    return known && known.physicalId !== physicalId ? [known] : [];
  }

  private async ask(RequestType: string, { resource, properties: all, physicalId }: Partial<Made> & Pick<Made, 'resource' | 'properties'>, answers: Answers): Promise<string> {
    const { ServiceToken, ServiceTimeout: _, ...properties } = all;
    const RequestId = randomUUID();
    await this.invoke(String(ServiceToken), {
      RequestType,
      RequestId,
      ResponseURL: `${answers.url}/${RequestId}`,
      StackId: `arn:${PARTITION}:cloudformation:${REGION}:${ACCOUNT}:stack/${resource.stack.name}/local`,
      ResourceType: resource.type,
      LogicalResourceId: resource.logicalId,
      ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
      ServiceToken,
      // CloudFormation hands on texts only.
      ResourceProperties: { ServiceToken, ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, typeof value === 'object' ? value : String(value)])) },
    });
    const { Status, Reason, PhysicalResourceId = '' } = answers.of(RequestId) ?? { Status: 'FAILED', Reason: 'its function said nothing' };
    if (Status !== 'SUCCESS') throw new Error(`${nameOf(resource)} could not be ${RequestType === 'Delete' ? 'deleted' : 'made'}: ${Reason}`);
    return PhysicalResourceId;
  }
}

function nameOf({ stack, logicalId }: Resource): string {
  return `${stack.name}/${logicalId}`;
}

interface Answer {
  readonly Status?: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
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
