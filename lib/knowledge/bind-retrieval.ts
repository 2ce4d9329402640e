import { Duration, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IBucket } from 'aws-cdk-lib/aws-s3';
import { type IConstruct } from 'constructs';
import { KnowledgeBinding } from './knowledge';
import { type RetrievalOptions, SearchKind } from './retrieval-options';
import { type KnowledgePolicy } from '../contract/knowledge';
import { type MetadataField } from '../contract/metadata';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { fail, requireBetween, requireCount, requireDuration, requireInteger, requireLength, requireMade, requirePattern } from '../internal/validation';
import { modelArnOf } from '../model/model-arn';

/** A knowledge base as far as looking passages up goes. */
export interface Searchable {
  readonly knowledgeBaseId: string;
  readonly knowledgeBaseArn: string;
  readonly kind: KnowledgePolicy['kind'];
  /** What it can be searched by, the best first; absent where that is not known. */
  readonly searches?: readonly KnowledgePolicy['search'][];
  /** Whether texts that describe documents can be compared in part. */
  readonly textFilters?: boolean;
  /** Where documents lie that can be linked to. */
  readonly documents: readonly { readonly bucket: IBucket; readonly prefixes?: string[] }[];
  /** Under which the knowledge base itself works: it calls the models of a search for its callers. */
  readonly role: IGrantable;
}

const PASSAGES = 5;
const MOST_PASSAGES = 100;
const CANDIDATES_A_PASSAGE = 5;
/** More attributes the service takes from no model. */
const MOST_IMPLICIT_FIELDS = 25;
const MOST_FIELDS = 50;
/** A signature of temporary credentials ends with them. */
const LONGEST_LINK = Duration.hours(12);

/** Grants a caller what looking passages up takes, and says by which rules it is done. */
export function bindRetrieval(scope: IConstruct, caller: IGrantable, base: Searchable, options: RetrievalOptions): KnowledgeBinding {
  requireValidRetrieval(scope, options);
  Grant.addToPrincipal({ grantee: caller, actions: ['bedrock:Retrieve'], resourceArns: [base.knowledgeBaseArn] });
  const { passages = PASSAGES, leastScore, tenant, questions, unanswered, links } = options;
  const candidates = options.candidates ?? (options.rerank ? Math.min(MOST_PASSAGES, passages * CANDIDATES_A_PASSAGE) : passages);
  if (links) grantLinks(scope, caller, base);
  const policy: KnowledgePolicy = {
    knowledgeBaseId: base.knowledgeBaseId,
    kind: base.kind,
    search: searchOf(scope, base, options),
    passages,
    candidates,
    rerank: options.rerank?._bind(scope, base.role, base.kind),
    leastScore,
    fields: declaredFields(scope, options),
    textFilters: base.textFilters,
    tenant: tenant && { field: tenant.field, claim: tenant.claim },
    identity: identityOf(scope, base, options),
    implicitFilter: implicitFilterOf(scope, base, options),
    questions: questions === 1 ? undefined : questions,
    unanswered,
    linkSeconds: links?.toSeconds(),
  };
  return new KnowledgeBinding(policy);
}

function requireValidRetrieval(scope: IConstruct, options: RetrievalOptions) {
  const { passages = PASSAGES, candidates, rerank, leastScore, questions, unanswered, links, tenant, implicitFilter } = options;
  requireInteger(scope, 'retrieval.passages', passages, 1, MOST_PASSAGES);
  requireInteger(scope, 'retrieval.candidates', candidates, passages, MOST_PASSAGES, ", at least 'retrieval.passages'");
  requireMade(scope, 'retrieval.rerank', rerank, '_bind', 'Reranking, such as Reranking.model(RerankModel.standard())');
  if (candidates !== undefined && candidates > passages && !rerank) {
    fail(scope, `'retrieval.candidates' must be left out without 'retrieval.rerank', because nobody would choose among them, got ${candidates}: raise 'retrieval.passages', or rerank`);
  }
  requireBetween(scope, 'retrieval.leastScore', leastScore, 0, 1);
  requireInteger(scope, 'retrieval.questions', questions, 1, 5);
  requireDuration(scope, 'retrieval.links', links, Duration.minutes(1), LONGEST_LINK);
  requireLength(scope, 'retrieval.unanswered', unanswered, 1, 2_000);
  requireLength(scope, 'retrieval.tenant.claim', tenant?.claim, 1, 256);
  requireMade(scope, 'retrieval.implicitFilter', implicitFilter, 'bind', "Model, such as Model.crossRegion(Geography.US, 'anthropic.claude-sonnet-4-6')");
}

function identityOf(scope: IConstruct, { kind }: Searchable, { identity }: RetrievalOptions): string | undefined {
  requireLength(scope, 'retrieval.identity', identity, 1, 256);
  if (identity !== undefined && kind !== 'managed') {
    fail(scope, `'retrieval.identity' must be left out for a knowledge base that is not managed, whose sources have no access control lists, got '${identity}': hold callers to documents by 'retrieval.tenant'`);
  }
  return identity;
}

function searchOf(scope: IConstruct, { kind, searches }: Searchable, { search }: RetrievalOptions): KnowledgePolicy['search'] {
  if (search === SearchKind.KEYWORD) fail(scope, "'retrieval.search' must be SearchKind.SEMANTIC or SearchKind.HYBRID for a knowledge base, which cannot search by words alone, got KEYWORD: leave it out, or take DiyRag");
  const wanted = search && (`${search}` as const);
  if (kind === 'managed') {
    if (wanted) fail(scope, `'retrieval.search' must be left out for a managed knowledge base, which chooses by itself, got ${wanted}`);
    return undefined;
  }
  if (wanted && searches && !searches.includes(wanted)) {
    fail(scope, `'retrieval.search' must be ${searches.map((each) => `SearchKind.${each}`).join(' or ')} for this store, which can do no other, got ${wanted}`
      + (wanted === SearchKind.HYBRID ? ': leave it out, or take KnowledgeStore.openSearchServerless()' : ''));
  }
  return wanted ?? searches?.[0];
}

/** What documents are described by, the tenant's field included. */
export function declaredFields(scope: IConstruct, { fields = [], tenant }: RetrievalOptions): MetadataField[] {
  requireCount(scope, 'retrieval.fields', fields, 0, MOST_FIELDS);
  if (fields.some((field) => field?._field === undefined)) fail(scope, "'retrieval.fields' must be made by MetadataField, such as MetadataField.text('department')");
  const declared = fields.map(({ _field }) => _field);
  const all = tenant && !declared.some(({ name }) => name === tenant.field) ? [...declared, { name: tenant.field, type: 'string' as const }] : declared;
  for (const { name, type } of all) {
    requirePattern(scope, 'retrieval.fields', name, /^[\w.-]{1,100}$/, "named by 1 to 100 letters, digits, '_', '-' and '.'");
    if (name === 'and' || name === 'or') fail(scope, `'retrieval.fields' must not name a field '${name}', for filters join conditions by it: call it something else`);
    if (all.filter((other) => other.name === name).length > 1) fail(scope, `'retrieval.fields' must name each field once, got '${name}' twice`);
    if (name === tenant?.field && type === 'boolean') fail(scope, `'retrieval.tenant.field' must be a field that names somebody, got '${name}', which is declared as a flag: declare it by MetadataField.text('${name}')`);
  }
  return all;
}

function implicitFilterOf(scope: IConstruct, { role, kind }: Searchable, { implicitFilter, fields: declared = [], tenant }: RetrievalOptions): KnowledgePolicy['implicitFilter'] {
  if (!implicitFilter) return undefined;
  if (kind === 'managed') fail(scope, "'retrieval.implicitFilter' must be left out for a managed knowledge base, whose search takes no model for it, got one: let callers filter, or take a store");
  // The tenant is not for a model to read out of a question.
  const fields = declared.filter(({ _field: { name } }) => name !== tenant?.field);
  if (fields.length === 0) fail(scope, "'retrieval.implicitFilter' must have 'retrieval.fields' to filter by, got none");
  requireCount(scope, "retrieval.fields' with 'retrieval.implicitFilter", fields, 1, MOST_IMPLICIT_FIELDS);
  const { modelId } = implicitFilter.bind(scope, role);
  return { modelArn: modelArnOf(modelId) };
}

/** A link is signed by the caller, and opens what the caller may read. */
export function grantLinks(scope: IConstruct, grantee: IGrantable, { documents }: Pick<Searchable, 'documents'>) {
  if (documents.length === 0) fail(scope, "'retrieval.links' must be left out where no document lies in a bucket, got a time: links lead to objects of buckets");
  const { region, urlSuffix } = Stack.of(scope);
  for (const { bucket, prefixes = [''] } of documents) {
    const objects = prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`));
    Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: objects });
    objects.forEach((arn) => acknowledgeWildcard(grantee, arn, "Citations link to the documents of a data source, whose names are their authors' to choose."));
    if (!bucket.encryptionKey) continue;
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [bucket.encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.${urlSuffix}` } },
    });
  }
}
