import { type ApiGatewayManagementApiClient, GoneException, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { Gone, type Wire } from '../ports/socket';

/** The way back to the clients of a WebSocket API of API Gateway. */
export function apiConnections(client: ApiGatewayManagementApiClient): Wire {
  return {
    async post(ConnectionId, text) {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId, Data: text }));
      } catch (error) {
        if (error instanceof GoneException) throw new Gone();
        throw error;
      }
    },
  };
}
