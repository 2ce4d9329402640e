// The services behind both sides of `stream`, in a process of their own: what they cost is nobody's overhead.
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { fromUtf8, toUtf8 } from '@smithy/util-utf8';
import dynalite from 'dynalite';
import { CONVERSATIONS } from '../../lib/contract/conversations';

const tokens = Number(process.argv[2]);

const codec = new EventStreamCodec(toUtf8, fromUtf8);
const text = (value: string) => ({ type: 'string' as const, value });
const frame = (type: string, body: object) => Buffer.from(codec.encode({
  headers: { ':message-type': text('event'), ':event-type': text(type), ':content-type': text('application/json') },
  body: fromUtf8(JSON.stringify(body)),
}));

/** Encoded once: every answer is the same, and nothing is computed while one is measured. */
const frames = [
  frame('messageStart', { role: 'assistant' }),
  ...Array.from({ length: tokens }, (_, index) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: `token${index} ` } })),
  frame('contentBlockStop', { contentBlockIndex: 0 }),
  frame('messageStop', { stopReason: 'end_turn' }),
  frame('metadata', { usage: { inputTokens: 12, outputTokens: tokens, totalTokens: tokens + 12 }, metrics: { latencyMs: 1 } }),
];

function converse(request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) {
  request.resume().on('end', () => {
    if (!request.url?.endsWith('/converse-stream')) {
      response.writeHead(404, { 'x-amzn-errortype': 'UnknownOperationException' });
      response.end(JSON.stringify({ message: `this benchmark serves ConverseStream only, not ${request.url}` }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    for (const bytes of frames) (response as ServerResponse).write(bytes);
    response.end();
  });
}

/** HTTP/1 and HTTP/2 with prior knowledge on one port, as the SDK's clients differ in what they speak. */
function bedrock(): Server {
  const http = createHttp(converse);
  const http2 = createHttp2(converse);
  return createServer((socket) => {
    socket.once('readable', () => {
      const head = socket.read() as Buffer | null;
      if (!head) return socket.destroy();
      socket.unshift(head);
      return (head.subarray(0, 3).toString() === 'PRI' ? http2 : http).emit('connection', socket);
    });
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function conversations(port: number) {
  const client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'bench' } });
  const { partitionKey, sortKey, recentIndex, recentSortKey } = CONVERSATIONS;
  await client.send(new CreateTableCommand({
    TableName: process.env.TABLE_NAME,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [[partitionKey, 'S'], [sortKey, 'S'], [recentSortKey, 'N']].map(([AttributeName, type]) => ({ AttributeName, AttributeType: type as 'S' | 'N' })),
    KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }, { AttributeName: sortKey, KeyType: 'RANGE' }],
    LocalSecondaryIndexes: [{
      IndexName: recentIndex,
      KeySchema: [{ AttributeName: partitionKey, KeyType: 'HASH' }, { AttributeName: recentSortKey, KeyType: 'RANGE' }],
      Projection: { ProjectionType: 'ALL' },
    }],
  }));
  client.destroy();
}

async function main() {
  const table = await listen(dynalite({ createTableMs: 0 }));
  await conversations(table);
  process.send?.({ bedrock: await listen(bedrock()), table });
  process.on('disconnect', () => process.exit(0));
}

void main();
