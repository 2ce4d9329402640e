import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Resource } from './assembly';
import type { Deployment } from './deployment';
import { GATE_TYPE } from '../../lib/contract/evaluation';
import type { FunctionPool } from '../lambda/pool';

/** What a custom resource tells CloudFormation. */
interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
}

/** Asks each evaluation gate of a stack, or of all, one after the other, as CloudFormation does: by an event to its function and an address for the answer. */
export async function deployGates(
  stack: string | undefined, deployment: Deployment, functionOf: (functionArn: string) => FunctionPool | undefined,
): Promise<void> {
  for (const gate of deployment.resources(GATE_TYPE).filter((each) => stack === undefined || each.stack.name === stack)) {
    const { Status, Reason } = await ask(gate, deployment, functionOf);
    if (Status === 'FAILED') throw new Error(`Received response status [FAILED] from custom resource. Message returned: ${Reason ?? ''}`);
  }
}

async function ask(gate: Resource, deployment: Deployment, functionOf: (functionArn: string) => FunctionPool | undefined): Promise<Answer> {
  const { ServiceToken, ServiceTimeout = 3600, ...properties } = deployment.properties(gate);
  const pool = functionOf(String(ServiceToken));
  if (!pool) throw new Error(`'${gate.logicalId}' has no function that runs here`);
  let take: (answer: Answer) => void = () => undefined;
  let giveUp: (error: Error) => void = () => undefined;
  const answered = new Promise<Answer>((resolve, reject) => {
    take = resolve;
    giveUp = reject;
  });
  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.on('end', () => {
      outgoing.end();
      take(JSON.parse(Buffer.concat(pieces).toString()) as Answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const timer = setTimeout(() => giveUp(new Error(`'${gate.logicalId}' did not answer in time`)), Number(ServiceTimeout) * 1000);
  const event = {
    RequestType: 'Create',
    ServiceToken,
    ResponseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    StackId: `arn:aws:cloudformation:us-east-1:111122223333:stack/${gate.stack.name}/local`,
    RequestId: randomUUID(),
    ResourceType: GATE_TYPE,
    LogicalResourceId: gate.logicalId,
    ResourceProperties: { ServiceToken, ServiceTimeout, ...properties },
  };
  const sink = { data: () => undefined, end: () => undefined, fail: ({ errorMessage }: { readonly errorMessage: string }) => giveUp(new Error(errorMessage)) };
  pool.invoke({ event: JSON.stringify(event), requestId: event.RequestId, sink });
  return answered.finally(() => {
    clearTimeout(timer);
    server.close();
  });
}
