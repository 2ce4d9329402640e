import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { ApiAuth, ChatbotApi, EvaluationSet, KnowledgeStore, ManagedRag, Transport } from '../lib';
import { CHAT_ENV } from '../lib/contract/chat';
import { CHAT_SOCKET_ENV } from '../lib/contract/chat-socket';
import { DOCUMENT_INDEX_ENV } from '../lib/contract/document-index';
import { DOCUMENT_CHANGES_ENV, DOCUMENT_SYNC_ENV, SYNC_DRAIN_ENV } from '../lib/contract/document-sync';
import { EVALUATE_ENV } from '../lib/contract/evaluation';
import { OIDC_AUTHORIZER_ENV } from '../lib/contract/oidc-authorizer';
import { PGVECTOR_SCHEMA_ENV } from '../lib/contract/pgvector-schema';
import { RAG_ENV } from '../lib/contract/rag';
import { VECTOR_BUCKET_ENV } from '../lib/contract/vector-bucket';
import { DiyRag } from '../lib/diy-rag';

/** Each handler, what it reads from its environment, and a construct that defines it. */
const HANDLERS = [
  { bundle: 'chat', handler: 'Answers chat requests', contract: CHAT_ENV, define: (stack: Stack) => new ChatbotApi(stack, 'Chat', { auth: ApiAuth.cognito() }) },
  {
    bundle: 'chat-socket',
    handler: 'Takes the messages of sockets in',
    contract: CHAT_SOCKET_ENV,
    define: (stack: Stack) => new ChatbotApi(stack, 'Chat', { auth: ApiAuth.iam(), transport: Transport.webSocket() }),
  },
  { bundle: 'document-changes', handler: 'Puts changes of documents in line', contract: DOCUMENT_CHANGES_ENV, define: (stack: Stack) => new ManagedRag(stack, 'Rag') },
  { bundle: 'document-index', handler: 'Keeps an index of passages in step with its documents', contract: DOCUMENT_INDEX_ENV, define: (stack: Stack) => new DiyRag(stack, 'Rag') },
  { bundle: 'document-sync', handler: 'Keeps a knowledge base in step with its documents', contract: DOCUMENT_SYNC_ENV, define: (stack: Stack) => new ManagedRag(stack, 'Rag') },
  { bundle: 'sync-drain', handler: 'Ends the jobs of a knowledge base that is deleted', contract: SYNC_DRAIN_ENV, define: (stack: Stack) => new ManagedRag(stack, 'Rag') },
  {
    bundle: 'oidc-authorizer',
    handler: 'Verifies tokens of the OpenID Connect issuer',
    contract: OIDC_AUTHORIZER_ENV,
    define: (stack: Stack) => new ChatbotApi(stack, 'Chat', { auth: ApiAuth.oidc({ issuer: 'https://login.example.com', audience: ['chat'] }) }),
  },
  {
    bundle: 'pgvector-schema',
    handler: 'Makes the table of a knowledge base',
    contract: PGVECTOR_SCHEMA_ENV,
    define: (stack: Stack) => new ManagedRag(stack, 'Rag', { store: KnowledgeStore.auroraPgvector() }),
  },
  {
    bundle: 'evaluate',
    handler: 'Evaluates answers from documents',
    contract: EVALUATE_ENV,
    define: (stack: Stack) => new ManagedRag(stack, 'Rag').addEvaluation({ set: EvaluationSet.fromBucket(Bucket.fromBucketName(stack, 'Sets', 'sets'), 'set.jsonl') }),
  },
  { bundle: 'vector-bucket', handler: 'Empties a vector bucket that is deleted', contract: VECTOR_BUCKET_ENV, define: (stack: Stack) => new DiyRag(stack, 'Rag') },
  { bundle: 'rag', handler: 'Answers questions from documents', contract: RAG_ENV, define: (stack: Stack) => new ManagedRag(stack, 'Rag') },
];

test.each(HANDLERS)('the environment of the handler $bundle is its contract, no key more or less', ({ handler, contract, define }) => {
  const stack = new Stack(new App(), 'Test');
  define(stack);
  const [found] = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function', { Properties: { Description: handler } }));
  expect(Object.keys(found.Properties.Environment.Variables as object).sort()).toEqual([...contract].sort());
});

test('every handler is held to its contract', () => {
  const lambda = join(__dirname, '../lambda');
  const bundles = readdirSync(lambda).filter((name) => existsSync(join(lambda, name, 'index.ts')));
  expect(HANDLERS.map(({ bundle }) => bundle).sort()).toEqual(bundles.sort());
});
