import { randomUUID } from 'node:crypto';
import type { Bases } from './bases';
import { fields, type Fields } from './fields';
import { answerRequest, cited, type Citation, decomposed, type GenerationConfiguration, NOTHING_FOUND, uncited } from './generation';
import { rerank, type RerankRequest } from './rerank';
import { type RetrievalConfiguration, rerankerOf, resultOf, retrieve } from './retrieval';
import { byScore, type Hit } from './search';
import { retrieveRows, writeQuery } from './sql-base';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';
import type { ConverseRequest, Message } from '../bedrock/converse';
import { EVENT_STREAM, eventFrame } from '../bedrock/event-stream';
import { refuse } from '../bedrock/refusal';
import { words } from '../bedrock/tokens';

const PATHS = { retrieveAndGenerate: 'RetrieveAndGenerate', retrieveAndGenerateStream: 'RetrieveAndGenerateStream', rerank: 'Rerank', generateQuery: 'GenerateQuery' } as const;
type Operation = 'Retrieve' | (typeof PATHS)[keyof typeof PATHS];

const KNOWN: Readonly<Record<Operation, readonly string[]>> = {
  Retrieve: ['retrievalQuery', 'retrievalConfiguration', 'guardrailConfiguration', 'nextToken', 'userContext'],
  RetrieveAndGenerate: ['sessionId', 'input', 'retrieveAndGenerateConfiguration', 'sessionConfiguration'],
  RetrieveAndGenerateStream: ['sessionId', 'input', 'retrieveAndGenerateConfiguration', 'sessionConfiguration'],
  Rerank: ['queries', 'sources', 'rerankingConfiguration', 'nextToken'],
  GenerateQuery: ['queryGenerationInput', 'transformationConfiguration'],
};

interface Generation {
  readonly knowledgeBaseId: string;
  readonly modelArn: string;
  readonly retrievalConfiguration?: RetrievalConfiguration;
  readonly generationConfiguration?: GenerationConfiguration;
  readonly orchestrationConfiguration?: { readonly queryTransformationConfiguration?: { readonly type?: string } };
}

interface Answer {
  readonly sessionId: string;
  readonly text: string;
  readonly citations: readonly Citation[];
  readonly guardrailAction: 'INTERVENED' | 'NONE';
}

/** What asks knowledge bases: passages, answers with citations, and another order for texts. Answers come from the model of the local Bedrock. */
export function bedrockAgentRuntime(bases: Bases, model: AwsService): AwsService {
  const runtime = new AgentRuntime(bases, model);
  return {
    name: 'bedrock',
    serves: ({ path }) => operationOf(path) !== undefined,
    authorizations: (request) => runtime.authorizations(request),
    handle: (request) => runtime.handle(request),
  };
}

class AgentRuntime {
  private readonly sessions = new Map<string, Message[]>();

  constructor(private readonly bases: Bases, private readonly model: AwsService) {}

  authorizations(request: AwsRequest): Authorization[] {
    const body = bodyOf(request);
    const onModel = (modelArn: string | undefined) => (modelArn === undefined ? [] : [{ action: 'bedrock:InvokeModel', resource: modelArn }]);
    switch (operationOf(request.path)?.name) {
      case 'Retrieve': {
        const guardrail = this.guardrailCall(body, request);
        return [{ action: 'bedrock:Retrieve', resource: this.baseArn(operationOf(request.path)?.id ?? '') }, ...guardrail ? this.model.authorizations(guardrail) : []];
      }
      case 'GenerateQuery': return [
        { action: 'bedrock:GenerateQuery', resource: '*' }, { action: 'sqlworkbench:GetSqlRecommendations', resource: '*' }, { action: 'bedrock:GetKnowledgeBase', resource: asksFor(body) },
      ];
      case 'Rerank': return [{ action: 'bedrock:Rerank', resource: '*' }, ...onModel(rerankerOf({ vectorSearchConfiguration: body }))];
      default: {
        const { knowledgeBaseId, modelArn, retrievalConfiguration, generationConfiguration = {} } = generationOf(body);
        const reranker = rerankerOf(retrievalConfiguration);
        return [
          { action: 'bedrock:RetrieveAndGenerate', resource: '*' },
          { action: 'bedrock:Retrieve', resource: this.baseArn(knowledgeBaseId) },
          ...reranker === undefined ? [] : [{ action: 'bedrock:Rerank', resource: '*' }, ...onModel(reranker)],
          ...this.model.authorizations(converse(request, modelArn, answerRequest('?', [], [], generationConfiguration))),
        ];
      }
    }
  }

  async handle(request: AwsRequest): Promise<AwsReply> {
    const { name, id } = operationOf(request.path)!;
    const body = bodyOf(request);
    await this.bases.faults.before(name);
    const unknown = Object.keys(body).find((field) => !KNOWN[name].includes(field));
    if (unknown !== undefined) refuse(`the local Bedrock does not know '${unknown}' of ${name}`);
    switch (name) {
      case 'Retrieve': return json(await this.retrieve(id, body, request));
      case 'GenerateQuery': return json({ queries: [{ type: 'REDSHIFT_SQL', sql: this.query(body) }] });
      case 'Rerank': return json(rerank(body as unknown as RerankRequest));
      case 'RetrieveAndGenerate': {
        const { sessionId, text, citations, guardrailAction } = await this.generate(body, request);
        return json({ sessionId, output: { text }, citations, guardrailAction });
      }
      case 'RetrieveAndGenerateStream': return streamed(await this.generate(body, request));
    }
  }

  private async retrieve(id: string, body: Fields, request: AwsRequest): Promise<object> {
    const running = this.bases.find(id);
    const text = textOfQuery(fields(body.retrievalQuery));
    const guardrail = this.guardrailCall(body, request);
    if (guardrail && fields(JSON.parse(String((await this.model.handle(guardrail)).body))).action === 'GUARDRAIL_INTERVENED') {
      return { retrievalResults: [], guardrailAction: 'INTERVENED' };
    }
    if (running.base.type === 'SQL') {
      if (body.retrievalConfiguration !== undefined) refuse("the local knowledge base over a database takes no 'retrievalConfiguration'");
      return retrieveRows(running, this.bases.queries, text, body.nextToken);
    }
    const { userId } = fields(body.userContext);
    if (body.userContext !== undefined && typeof userId !== 'string') refuse('\'userContext\' must have a userId');
    const hits = retrieve(running, text, body.retrievalConfiguration as RetrievalConfiguration, { user: userId as string | undefined });
    return { retrievalResults: hits.map(resultOf), ...guardrail && { guardrailAction: 'NONE' } };
  }

  private query(body: Fields): string {
    const running = this.bases.find(asksFor(body));
    if (running.base.type !== 'SQL') refuse(`the knowledge base ${running.base.id} is over documents, and has no queries`);
    return writeQuery(running, textOfQuery(fields(body.queryGenerationInput)));
  }

  private async generate(body: Fields, request: AwsRequest): Promise<Answer> {
    const { sessionId = randomUUID(), input } = body as { sessionId?: string; input?: { text?: string } };
    const { knowledgeBaseId, modelArn, retrievalConfiguration, generationConfiguration = {}, orchestrationConfiguration } = generationOf(body);
    const question = input?.text ?? refuse('\'input\' must have a text');
    if (body.sessionId !== undefined && !this.sessions.has(sessionId)) refuse(`Session with Id ${sessionId} is not valid. Please check and try again.`);
    const history = this.sessions.get(sessionId) ?? [];
    const decomposing = orchestrationConfiguration?.queryTransformationConfiguration?.type === 'QUERY_DECOMPOSITION';
    const running = this.bases.find(knowledgeBaseId);
    const hits = merged((decomposing ? decomposed(question) : [question]).map((part) => retrieve(running, part, retrievalConfiguration, { rerankAs: 'caller' })));
    if (hits.length === 0) return { sessionId: this.remember(sessionId, history, question, NOTHING_FOUND), text: NOTHING_FOUND, citations: [uncited(NOTHING_FOUND)], guardrailAction: 'NONE' };

    const reply = await this.model.handle(converse(request, modelArn, answerRequest(question, hits, history, generationConfiguration)));
    const { output, stopReason } = JSON.parse(String(reply.body)) as { output: { message: Message }; stopReason: string };
    const said = output.message.content.map(({ text = '' }) => text).join('');
    const blocked = stopReason === 'guardrail_intervened';
    const answer = blocked ? { text: said, citations: [] } : cited(said, hits);
    return { ...answer, sessionId: this.remember(sessionId, history, question, answer.text), guardrailAction: blocked ? 'INTERVENED' : 'NONE' };
  }

  private remember(sessionId: string, history: readonly Message[], question: string, answer: string): string {
    this.sessions.set(sessionId, [...history, { role: 'user', content: [{ text: question }] }, { role: 'assistant', content: [{ text: answer }] }]);
    return sessionId;
  }

  private guardrailCall(body: Fields, request: AwsRequest): AwsRequest | undefined {
    const { guardrailId, guardrailVersion } = fields(body.guardrailConfiguration);
    if (guardrailId === undefined) return undefined;
    const asked = { source: 'INPUT', content: [{ text: { text: textOfQuery(fields(body.retrievalQuery)) } }] };
    const path = `/guardrail/${encodeURIComponent(String(guardrailId))}/version/${encodeURIComponent(String(guardrailVersion))}/apply`;
    return { ...request, method: 'POST', path, body: Buffer.from(JSON.stringify(asked)) };
  }

  private baseArn(id: string): string {
    return id.startsWith('arn:') ? id : arn('bedrock', `knowledge-base/${id}`);
  }
}

/** The passages of several questions, each once. */
function merged(found: readonly (readonly Hit[])[]): readonly Hit[] {
  if (found.length === 1) return found[0];
  const hits = found.flat();
  return hits.filter(({ chunk }, at) => hits.findIndex((other) => other.chunk.id === chunk.id) === at).sort(byScore);
}

async function streamed({ sessionId, text, citations, guardrailAction }: Answer): Promise<AwsReply> {
  const events: object[] = [
    ...words(text).map((piece) => ({ output: { text: piece } })),
    ...citations.map((citation) => ({ citation: { citation, ...citation } })),
    { guardrail: { action: guardrailAction } },
  ];
  async function* frames() {
    for (const event of events) yield eventFrame(event);
  }
  return { status: 200, headers: { 'content-type': EVENT_STREAM, 'x-amzn-bedrock-knowledge-base-session-id': sessionId }, body: frames() };
}

/** The call of the runtime that stands behind an answer, by the same caller. */
function converse(request: AwsRequest, modelArn: string, asked: ConverseRequest): AwsRequest {
  return { ...request, method: 'POST', path: `/model/${encodeURIComponent(modelArn)}/converse`, body: Buffer.from(JSON.stringify(asked)) };
}

function generationOf(body: Fields): Generation {
  const { type, knowledgeBaseConfiguration } = fields(body.retrieveAndGenerateConfiguration);
  if (type !== 'KNOWLEDGE_BASE') refuse(`the local RetrieveAndGenerate answers from knowledge bases only, not for the type ${String(type)}`);
  const { knowledgeBaseId, modelArn } = fields(knowledgeBaseConfiguration);
  if (!knowledgeBaseId || !modelArn) refuse('\'knowledgeBaseConfiguration\' must have a knowledgeBaseId and a modelArn');
  return knowledgeBaseConfiguration as Generation;
}

/** The knowledge base that is to write a query, by its ARN. */
function asksFor(body: Fields): string {
  const { mode, textToSqlConfiguration } = fields(body.transformationConfiguration);
  const { type, knowledgeBaseConfiguration } = fields(textToSqlConfiguration);
  const { knowledgeBaseArn } = fields(knowledgeBaseConfiguration);
  if (mode !== 'TEXT_TO_SQL' || type !== 'KNOWLEDGE_BASE' || typeof knowledgeBaseArn !== 'string') refuse("'transformationConfiguration' must have a query written, by the ARN of a knowledge base");
  return knowledgeBaseArn;
}

function textOfQuery({ text, type }: Fields): string {
  if (type !== undefined && type !== 'TEXT') refuse(`the local Bedrock takes questions of text only, not of type ${String(type)}`);
  return typeof text === 'string' && text.trim() !== '' ? text : refuse('\'retrievalQuery\' must have a text');
}

function operationOf(path: string): { name: Operation; id: string } | undefined {
  const plain = path.split('?')[0];
  const id = /^\/knowledgebases\/([^/]+)\/retrieve$/.exec(plain)?.[1];
  if (id !== undefined) return { name: 'Retrieve', id: decodeURIComponent(id) };
  const name = PATHS[plain.slice(1) as keyof typeof PATHS];
  return name && { name, id: '' };
}

function bodyOf({ body }: AwsRequest): Fields {
  try {
    return JSON.parse(body.toString() || '{}') as Fields;
  } catch {
    throw new AwsFailure('SerializationException', 400, 'the body is no JSON');
  }
}

function json(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
