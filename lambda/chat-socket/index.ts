import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { socketDoor } from './events';
import { CHAT_SOCKET_ENV } from '../../lib/contract/chat-socket';
import { dynamoConnections } from '../adapters/dynamo-connections';
import { lambdaAnswerers } from '../adapters/lambda-answerers';
import { systemClock } from '../kit/clock';
import { readEnv } from '../kit/env';
import { createLog } from '../kit/log';

const env = readEnv(CHAT_SOCKET_ENV);
const patience = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true });
const table = DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: patience }), { marshallOptions: { removeUndefinedValues: true } });
const connections = dynamoConnections(table, env.CONNECTIONS_TABLE);
const answerers = lambdaAnswerers(new LambdaClient({ requestHandler: patience }), env.CHAT_FUNCTION);

export const handler = socketDoor({ connections, answerers, clock: systemClock }, env.CALLER === 'iam' ? 'iam' : 'authorizer', createLog(env.SERVICE));
