import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { HookFailure, type Hooks } from '../ports/hooks';

/** Hooks that are Lambda functions. What they answer and why they fail is theirs: nothing of it is told on but the kind of failure. */
export function lambdaHooks(client: LambdaClient): Hooks {
  return {
    async ask(FunctionName, event, timeoutMs) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const answer = await client.send(new InvokeCommand({ FunctionName, Payload: encoded(event) }), { abortSignal: timeout })
        .catch((error: unknown) => { throw new HookFailure(timeout.aborted ? 'timeout' : 'unreachable', { cause: error }); });
      if (answer.FunctionError !== undefined) throw new HookFailure('error');
      try {
        return JSON.parse(answer.Payload?.transformToString() ?? '') as unknown;
      } catch {
        throw new HookFailure('answer');
      }
    },

    async tell(FunctionName, event) {
      await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: encoded(event) }))
        .catch((error: unknown) => { throw new HookFailure('unreachable', { cause: error }); });
    },
  };
}

function encoded(event: object): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}
