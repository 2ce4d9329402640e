import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { apiConnections } from '../adapters/api-connections';
import type { Wire } from '../ports/socket';

/** The way back to clients of a WebSocket API. A message that was answered too late is sent again: messages are numbered. */
export function openWire(endpoint: string): Wire {
  return apiConnections(new ApiGatewayManagementApiClient({
    endpoint,
    maxAttempts: 4,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true }),
  }));
}
