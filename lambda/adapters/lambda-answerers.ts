import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { SocketCall } from '../../lib/contract/chat-socket';
import type { Answerers } from '../ports/socket';

/** The function that answers, called without waiting for it: API Gateway waits for a message to be taken for 29 seconds at most, and a turn takes minutes. */
export function lambdaAnswerers(client: LambdaClient, FunctionName: string): Answerers {
  return {
    async call({ owner, id }) {
      const call: SocketCall = { owner, id };
      await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(call) }));
    },
  };
}
