import type { Bases } from './bases';
import type { DataSource, KnowledgeBase } from './definition';
import { Documents, pageOf, type SentDocument } from './documents';
import type { Fields } from './fields';
import type { DocumentIdentifier } from './index-store';
import { type IngestionJob, isRunning } from './jobs';
import { arn } from '../assembly/identity';
import { AwsFailure } from '../aws/failure';
import type { AwsReply, AwsRequest, AwsService } from '../aws/service';

const BASE = '/knowledgebases/(?<id>[^/]+)';
const SOURCE = `${BASE}/datasources/(?<source>[^/]+)`;

const ROUTES = ([
  ['ListKnowledgeBases', 'POST', '/knowledgebases/'],
  ['GetKnowledgeBase', 'GET', BASE],
  ['ListDataSources', 'POST', `${BASE}/datasources/`],
  ['GetDataSource', 'GET', SOURCE],
  ['StartIngestionJob', 'PUT', `${SOURCE}/ingestionjobs/`],
  ['ListIngestionJobs', 'POST', `${SOURCE}/ingestionjobs/`],
  ['GetIngestionJob', 'GET', `${SOURCE}/ingestionjobs/(?<job>[^/]+)`],
  ['StopIngestionJob', 'POST', `${SOURCE}/ingestionjobs/(?<job>[^/]+)/stop`],
  ['IngestKnowledgeBaseDocuments', 'PUT', `${SOURCE}/documents`],
  ['ListKnowledgeBaseDocuments', 'POST', `${SOURCE}/documents`],
  ['GetKnowledgeBaseDocuments', 'POST', `${SOURCE}/documents/getDocuments`],
  ['DeleteKnowledgeBaseDocuments', 'POST', `${SOURCE}/documents/deleteDocuments`],
] as const).map(([name, method, path]) => ({ name, method, pattern: new RegExp(`^${path.replace(/\/$/, '')}/?$`) }));

type Operation = (typeof ROUTES)[number]['name'];

interface Call {
  readonly name: Operation;
  readonly id: string;
  readonly source: string;
  readonly job: string;
}

/** The control plane of knowledge bases: what reads and tells of them; they are made by their templates only. */
export function bedrockAgent(bases: Bases): AwsService {
  const documents = new Documents(bases);
  return {
    name: 'bedrock',
    serves: ({ path }) => path.startsWith('/knowledgebases/') && !/^\/knowledgebases\/[^/]+\/retrieve/.test(path),
    authorizations(request) {
      const { name, id } = callOf(request);
      return [{ action: `bedrock:${name}`, resource: name === 'ListKnowledgeBases' ? '*' : arn('bedrock', `knowledge-base/${id}`) }];
    },
    async handle(request) {
      const call = callOf(request);
      await bases.faults.before(call.name);
      return answer(bases, documents, call, bodyOf(request));
    },
  };
}

function answer(bases: Bases, documents: Documents, { name, id, source, job }: Call, body: Fields): AwsReply {
  switch (name) {
    case 'ListKnowledgeBases': return reply(200, { knowledgeBaseSummaries: bases.all.map(({ base }) => ({ knowledgeBaseId: base.id, name: base.name, status: 'ACTIVE', updatedAt: MADE })) });
    case 'GetKnowledgeBase': return reply(200, { knowledgeBase: describeBase(bases.find(id).base) });
    case 'ListDataSources': {
      const { items, nextToken } = pageOf(bases.find(id).base.sources, body);
      return reply(200, { dataSourceSummaries: items.map((one) => ({ knowledgeBaseId: id, dataSourceId: one.id, name: one.name, status: 'AVAILABLE', updatedAt: MADE })), nextToken });
    }
    case 'GetDataSource': return reply(200, { dataSource: describeSource(id, bases.source(id, source).source) });
    case 'StartIngestionJob': return reply(202, { ingestionJob: describeJob(bases.start(id, source, body)) });
    case 'GetIngestionJob': return reply(200, { ingestionJob: describeJob(bases.job(id, source, job)) });
    case 'StopIngestionJob': {
      const found = bases.job(id, source, job);
      if (!isRunning(found)) throw new AwsFailure('ConflictException', 409, `The ingestion job ${job} is ${found.status} and cannot be stopped.`);
      found.status = 'STOPPING';
      return reply(202, { ingestionJob: describeJob(found) });
    }
    case 'ListIngestionJobs': {
      const { items, nextToken } = pageOf(listed(bases.source(id, source).running.jobs.filter(({ dataSourceId }) => dataSourceId === source), body), body);
      return reply(200, { ingestionJobSummaries: items.map((one) => describeJob(one)), nextToken });
    }
    case 'IngestKnowledgeBaseDocuments': return reply(202, documents.ingest(id, source, body.documents as SentDocument[]));
    case 'DeleteKnowledgeBaseDocuments': return reply(202, documents.delete(id, source, body.documentIdentifiers as DocumentIdentifier[]));
    case 'GetKnowledgeBaseDocuments': return reply(200, documents.get(id, source, body.documentIdentifiers as DocumentIdentifier[]));
    case 'ListKnowledgeBaseDocuments': return reply(200, documents.list(id, source, body));
  }
}

/** Jobs by the filters on their status, in the order that is asked for. */
function listed(jobs: readonly IngestionJob[], body: Fields): IngestionJob[] {
  const { filters = [], sortBy } = body as { filters?: { values: string[] }[]; sortBy?: { attribute: string; order: string } };
  const found = jobs.filter(({ status }) => filters.every(({ values }) => values.includes(status)));
  const by = (job: IngestionJob) => (sortBy?.attribute === 'STATUS' ? job.status : job.startedAt.toISOString());
  const sign = sortBy?.order === 'ASCENDING' ? 1 : -1;
  // The newest first, also among those of one moment.
  return found.reverse().sort((one, other) => sign * by(one).localeCompare(by(other)));
}

/** Of what a template makes nobody knows here when it was made. */
const MADE = '2026-01-01T00:00:00Z';

function describeBase({ id, arn: knowledgeBaseArn, name, roleArn, configuration, storage }: KnowledgeBase): object {
  return {
    knowledgeBaseId: id,
    knowledgeBaseArn,
    name,
    roleArn,
    status: 'ACTIVE',
    createdAt: MADE,
    updatedAt: MADE,
    knowledgeBaseConfiguration: apiNames(configuration),
    ...storage && { storageConfiguration: apiNames(storage) },
  };
}

function describeSource(knowledgeBaseId: string, { id, name, configuration, ingestion, deletionPolicy }: DataSource): object {
  return {
    knowledgeBaseId,
    dataSourceId: id,
    name,
    status: 'AVAILABLE',
    createdAt: MADE,
    updatedAt: MADE,
    dataDeletionPolicy: deletionPolicy,
    dataSourceConfiguration: apiNames(configuration),
    ...ingestion && { vectorIngestionConfiguration: apiNames(ingestion) },
  };
}

function describeJob({ clientToken: _, startedAt, updatedAt, ...job }: IngestionJob): object {
  return { ...job, startedAt: startedAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Templates write names with a capital, the API without. */
function apiNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(apiNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name[0].toLowerCase() + name.slice(1), apiNames(one)]));
}

function callOf({ method, path }: AwsRequest): Call {
  const plain = path.split('?')[0];
  for (const { name, method: verb, pattern } of ROUTES) {
    const match = method === verb ? pattern.exec(plain) : undefined;
    if (!match) continue;
    const [id = '', source = '', job = ''] = ['id', 'source', 'job'].map((group) => decodeURIComponent(match.groups?.[group] ?? ''));
    return { name, id, source, job };
  }
  throw new AwsFailure('UnknownOperationException', 404, `the local Bedrock makes no knowledge bases but those of templates: it has no ${method} ${plain} (it has ${ROUTES.map(({ name }) => name).join(', ')})`);
}

function bodyOf({ body }: AwsRequest): Fields {
  return JSON.parse(body.toString() || '{}') as Fields;
}

function reply(status: number, body: object): AwsReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
