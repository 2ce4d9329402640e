import type { SocketGateway } from './gateway';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';

/** `@connections`, by which a backend writes to clients, looks at them and sends them away. `gatewayOf` finds the gateway, which starts later. */
export function connectionsService(gatewayOf: () => SocketGateway | undefined): AwsService {
  return {
    name: 'execute-api',

    authorizations(request) {
      const { api, stage, connection } = parse(request);
      return [{ action: 'execute-api:ManageConnections', resource: arn('execute-api', `${api}/${stage}/${request.method}/@connections/${connection}`) }];
    },

    async handle(request): Promise<AwsReply> {
      const { api, stage, connection: id } = parse(request);
      const gateway = gatewayOf();
      const connection = gateway?.find(api, stage, id);
      if (!gateway || !connection) throw new AwsFailure('GoneException', 410, '');
      switch (request.method) {
        case 'POST':
          if (request.body.length > gateway.limits.messageBytes) throw new AwsFailure('PayloadTooLargeException', 413, 'Message too long');
          gateway.post(connection, request.body);
          return { status: 200 };
        case 'GET':
          return {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              connectedAt: new Date(connection.connectedAt).toISOString(),
              identity: { sourceIp: connection.sourceIp, userAgent: connection.userAgent },
              lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
            }),
          };
        case 'DELETE':
          connection.socket?.close(1000);
          return { status: 204 };
        default:
          throw new AwsFailure('UnknownOperationException', 405, `@connections knows POST, GET and DELETE, asked for ${request.method}`);
      }
    },
  };
}

function parse({ path }: AwsRequest) {
  const [, api, stage, connection] = /^\/([^/]+)\/([^/]+)\/@connections\/([^/?]+)/.exec(decodeURIComponent(path)) ?? [];
  if (connection === undefined) throw new AwsFailure('UnknownOperationException', 404, `the local execute-api knows @connections alone, asked for ${path}`);
  return { api, stage, connection };
}
