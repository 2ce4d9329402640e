import { createHash } from 'node:crypto';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { beginRun, type RunPorts, type RunTerms } from './run';
import { describeError } from '../kit/log';
import { fieldsOf } from '../kit/messages';
import type { WaitingGate } from '../ports/evaluation-runs';

/** Whether CloudFormation asks. */
export function isGateEvent(event: unknown): event is CloudFormationCustomResourceEvent {
  const { RequestType, ResponseURL } = fieldsOf(event);
  return typeof RequestType === 'string' && typeof ResponseURL === 'string';
}

/**
 * A deployment that waits for a run. Whoever ends the run answers CloudFormation, which waits up to an hour: nobody stays awake for it. What was let through before is let
 * through again, so that nothing stands in the way of a deployment that is rolled back.
 */
export async function holdUp(event: CloudFormationCustomResourceEvent, terms: RunTerms, ports: RunPorts): Promise<void> {
  const gate = gateOf(event);
  try {
    if (event.RequestType === 'Delete' || await ports.runs.hasPassed(gate.evaluated)) return await ports.answer(gate);
    await beginRun(event.RequestId, ports.clock.now(), gate, terms, ports);
  } catch (error) {
    // Called again, it would begin what nobody waits for any more.
    ports.log.error('evaluation does not begin', describeError(error));
    await ports.answer(gate, `The evaluation could not begin: ${error instanceof Error ? error.message : 'unexpected error'}`);
  }
}

function gateOf({ ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties }: CloudFormationCustomResourceEvent): WaitingGate {
  const { ServiceToken: _, ServiceTimeout: __, ...evaluated } = ResourceProperties as Record<string, unknown>;
  return {
    url: ResponseURL,
    stackId: StackId,
    requestId: RequestId,
    logicalResourceId: LogicalResourceId,
    // Always the same: a gate is changed, never replaced.
    physicalResourceId: 'evaluation-gate',
    evaluated: createHash('sha256').update(JSON.stringify(evaluated)).digest('hex'),
  };
}
