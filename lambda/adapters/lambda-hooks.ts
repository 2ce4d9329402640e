import { InvokeCommand, type InvokeCommandInput, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { HookFailure, type Hooks } from '../ports/hooks';

/** An event is taken at once or not at all; the process that hands it over is paid for until then. */
const HANDOVER_MS = 5_000;

/** Hooks that are Lambda functions. What they answer and why they fail is theirs: nothing of it is told on but the kind of failure. */
export function lambdaHooks(client: LambdaClient): Hooks {
  return {
    async ask(FunctionName, event, timeoutMs, signal) {
      const answer = await called({ FunctionName, Payload: encoded(event) }, timeoutMs, signal);
      if (answer.FunctionError !== undefined) throw new HookFailure('error');
      try {
        return JSON.parse(answer.Payload?.transformToString() ?? '') as unknown;
      } catch {
        throw new HookFailure('answer');
      }
    },

    async tell(FunctionName, event) {
      await called({ FunctionName, InvocationType: 'Event', Payload: encoded(event) }, HANDOVER_MS);
    },
  };

  function called(input: InvokeCommandInput, timeoutMs: number, signal?: AbortSignal): Promise<InvokeCommandOutput> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const abortSignal = signal ? AbortSignal.any([timeout, signal]) : timeout;
    return client.send(new InvokeCommand(input), { abortSignal })
      .catch((error: unknown) => { throw new HookFailure(abortSignal.aborted ? 'timeout' : 'unreachable', { cause: error }); });
  }
}

function encoded(event: object): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}
