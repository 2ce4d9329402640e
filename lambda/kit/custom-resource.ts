import { setTimeout } from 'node:timers/promises';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { describeError, type Log } from './log';

/** Does what an event asks for, and says what the resource is called from then on. */
export type Apply = (event: CloudFormationCustomResourceEvent) => Promise<string>;

const TRIES = 4;

/** A custom resource: CloudFormation waits an hour for an answer, so there is always one. */
export function customResource(apply: Apply, log: Log) {
  return async (event: CloudFormationCustomResourceEvent, { awsRequestId, logGroupName }: Pick<Context, 'awsRequestId' | 'logGroupName'>): Promise<void> => {
    const { RequestType, StackId, RequestId, LogicalResourceId, ResponseURL } = event;
    const known = 'PhysicalResourceId' in event ? event.PhysicalResourceId : RequestId;
    const asked = { StackId, RequestId, LogicalResourceId };
    try {
      const PhysicalResourceId = await apply(event);
      await answerCloudFormation(ResponseURL, { ...asked, Status: 'SUCCESS', PhysicalResourceId });
      log.info('applied', { requestId: awsRequestId, type: RequestType });
    } catch (error) {
      log.error('not applied', { requestId: awsRequestId, type: RequestType, ...describeError(error), reason: error instanceof Error ? error.message : undefined });
      const reason = error instanceof Error ? error.message : 'unexpected error';
      await answerCloudFormation(ResponseURL, { ...asked, Status: 'FAILED', PhysicalResourceId: known, Reason: `${reason} (log group ${logGroupName}, request ${awsRequestId})`.slice(0, 1_000) });
    }
  };
}

/** Answers what CloudFormation waits for. Its address is signed, without a type of content. */
export async function answerCloudFormation(url: string, content: object) {
  for (let tries = 1; ; tries += 1) {
    const { ok, status } = await fetch(url, { method: 'PUT', body: Buffer.from(JSON.stringify(content)) }).catch(() => ({ ok: false, status: 0 }));
    if (ok) return;
    if (tries === TRIES) throw new Error(`CloudFormation did not take the answer: HTTP ${status}`);
    await setTimeout(500 * 2 ** tries);
  }
}
