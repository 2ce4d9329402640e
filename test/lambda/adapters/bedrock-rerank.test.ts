import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BedrockAgentRuntimeClient, RerankCommand } from '@aws-sdk/client-bedrock-agent-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { bedrockRerank } from '../../../lambda/adapters/bedrock-rerank';
import { rerank, type RerankRequest } from '../../../local/knowledge/rerank';

const MODEL = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0';
const TEXTS = ['The canteen opens at noon.', 'Everybody has thirty days of leave.'];
const { signal } = new AbortController();

describe('a rerank model of Bedrock', () => {
  const asked: { method?: string; path?: string; scope?: string; body: unknown }[] = [];
  let server: Server;
  let endpoint: string;
  let status = 200;
  /** Most results of one answer. */
  let page = Infinity;
  const paged = (body: RerankRequest & { readonly nextToken?: string }) => {
    const { results } = rerank(body) as { readonly results: readonly object[] };
    const from = Number(body.nextToken ?? 0);
    return { results: results.slice(from, from + page), ...from + page < results.length && { nextToken: String(from + page) } };
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as RerankRequest;
        const [, scope] = /Credential=[^/]+\/\d+\/([^,]+)/.exec(request.headers.authorization ?? '') ?? [];
        asked.push({ method: request.method, path: request.url, scope, body });
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(status === 200 ? paged(body) : { message: 'slow down' }));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'x' });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    asked.length = 0;
    status = 200;
    page = Infinity;
  });

  test('gives its order, and is asked as the client of the SDK asks it', async () => {
    const judged = await bedrockRerank(MODEL).rerank('How many days of leave?', TEXTS, 2, signal);
    expect(judged.map(({ index }) => index)).toEqual([1, 0]);
    expect(judged[0].score).toBeGreaterThan(judged[1].score);

    const client = new BedrockAgentRuntimeClient({ endpoint, region: 'us-east-1', requestHandler: new NodeHttpHandler() });
    const { results } = await client.send(new RerankCommand({
      queries: [{ type: 'TEXT', textQuery: { text: 'How many days of leave?' } }],
      sources: TEXTS.map((text) => ({ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text } } })),
      rerankingConfiguration: { type: 'BEDROCK_RERANKING_MODEL', bedrockRerankingConfiguration: { numberOfResults: 2, modelConfiguration: { modelArn: MODEL } } },
    }));
    expect(results).toMatchObject(judged.map(({ index, score: relevanceScore }) => ({ index, relevanceScore })));
    expect(asked[0]).toEqual(asked[1]);
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/rerank', scope: 'us-east-1/bedrock/aws4_request' });
  });

  test('is asked for the rest of an order that does not fit into one answer', async () => {
    const whole = await bedrockRerank(MODEL).rerank('How many days of leave?', [...TEXTS, 'Notice.'], 3, signal);
    page = 2;
    expect(await bedrockRerank(MODEL).rerank('How many days of leave?', [...TEXTS, 'Notice.'], 3, signal)).toEqual(whole);
    expect(asked.map(({ body }) => (body as { readonly nextToken?: string }).nextToken)).toEqual([undefined, undefined, '2']);
  });

  test.each([429, 403, 500])('says that it failed with %i', async (code) => {
    status = code;
    await expect(bedrockRerank(MODEL).rerank('leave', TEXTS, 2, signal)).rejects.toThrow(`HTTP ${code}`);
  });

  test('is not asked where nobody waits', async () => {
    await expect(bedrockRerank(MODEL).rerank('leave', TEXTS, 2, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
