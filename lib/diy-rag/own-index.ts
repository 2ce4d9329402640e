import { createHash } from 'node:crypto';
import { Stack } from 'aws-cdk-lib';
import { ArnPrincipal, Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { type LoadedIndex } from './bulk/loaded-index';
import { type ContextLines, type ContextLinesBinding } from './context-lines';
import { type DocumentParsing, parsePolicy } from './document-parsing';
import { embeddingPolicy } from './embedding-policy';
import { IndexSync, OWN_SOURCE } from './index-sync';
import { type PassageRetrieval, PASSAGES, searchKindOf, searchOf } from './passage-retrieval';
import { type ReindexBinding, Reindexing } from './reindexing';
import { type ScanBinding } from './scan-reading';
import { Splitter, type SplitterBinding } from './splitter';
import { type StoreBinding } from './store-binding';
import { VectorStore } from './vector-store';
import { STORE_LAG_SECONDS, USUAL_LAG_SECONDS } from '../contract/answer-cache';
import { type EmbeddingPolicy } from '../contract/diy-rag';
import { type IndexPolicy } from '../contract/document-index';
import { type KnowledgePolicy } from '../contract/knowledge';
import { STORE_PARTS, type StoreReference } from '../contract/own-knowledge';
import { type ParsePolicy } from '../contract/parsing';
import { type PassageIndex } from '../contract/passage-stores';
import { INDEXES_ITEM } from '../contract/reindexing';
import { grantKeyThrough } from '../internal/key-grants';
import { fail } from '../internal/validation';
import { KnowledgeBinding, SearchKind } from '../knowledge';
import { declaredFields, grantLinks } from '../knowledge/bind-retrieval';
import { type KnowledgeNeeds } from '../knowledge/knowledge-needs';
import { type EmbeddingBinding, EmbeddingModel, type IEmbeddingModel } from '../model';
import { CalledService } from '../posture';
import { type Build } from '../posture/build';
import { type AnswerTable } from '../rag/answer-table';
import { type SourceDocuments } from '../rag/source-documents';
import { type SyncPolicy } from '../rag/sync-policy';

export interface OwnIndexProps extends Build {
  readonly documents: SourceDocuments;
  readonly parsing: DocumentParsing;
  readonly contextLines?: ContextLines;
  readonly splitter?: Splitter;
  readonly store?: VectorStore;
  readonly reindexing?: Reindexing;
  readonly embedding?: IEmbeddingModel;
  readonly retrieval: PassageRetrieval;
  readonly policy: SyncPolicy;
  /** Where answers are kept, which changes make old. */
  readonly answers?: AnswerTable;
  /** What the construct is called in metrics and logs. */
  readonly service: string;
}

/** Takes grants and writes them nowhere: what a model is, is asked before there is anybody to call it. */
const NOBODY = new ArnPrincipal('*');

/** How long a vector is remembered that was made before. */
const VECTOR_SECONDS = 30 * 86_400;

/** Stores that are not called over HTTPS. */
const CONNECTED_TO: readonly StoreReference['kind'][] = ['pgvector', 'redis', 'memoryDb'];

/** Told by it, what was read in another way is read anew; raised where the code reads, cuts or embeds otherwise. */
const PIPELINE = 1;

/** An index of passages, kept in step with its documents. */
export class OwnIndex extends Construct {
  public readonly sync: IndexSync;
  public readonly needs: KnowledgeNeeds;
  private readonly model: IEmbeddingModel;
  private readonly bound: EmbeddingBinding;
  private readonly embedding: EmbeddingPolicy;
  private readonly parsing: ParsePolicy;
  private readonly scans?: ScanBinding;
  private readonly context?: ContextLinesBinding;
  private readonly splitter: SplitterBinding;
  private readonly index: PassageIndex;
  private readonly reindex: ReindexBinding;
  private readonly models: string[];
  private readonly store: StoreBinding;
  private readonly search: SearchKind;

  constructor(scope: Construct, id: string, private readonly props: OwnIndexProps) {
    super(scope, id);
    const { splitter = Splitter.structure(), store = VectorStore.s3Vectors(), retrieval: { tenant } } = props;
    this.model = props.embedding ?? EmbeddingModel.standard();
    const bound = this.bound = this.model.bind(this, NOBODY);
    this.embedding = embeddingPolicy(this, bound);
    if (bound.binary) fail(this, "'embedding' must make float vectors, for the store holds no others, got binary ones: leave `binary` out");
    this.parsing = parsePolicy(this, props.parsing);
    this.scans = props.parsing.scans?._bind(this);
    this.context = props.contextLines?._bind(this);
    this.splitter = splitter._bind(this, bound);
    this.reindex = (props.reindexing ?? Reindexing.blueGreen())._bind(this);
    this.models = this.modelsAllowed();
    // What a field is said to be is for a model that reads filters out of questions, and none does: in other words it is the same index.
    const fields = declaredFields(this, props.retrieval).map(({ name, type }) => ({ name, type }));
    const index = { dimension: this.embedding.dimension, fields, tenantField: tenant?.field };
    this.store = store._bind(this, { ...props, index, search: props.retrieval.search });
    this.index = this.nameIndex(index);
    this.search = searchKindOf(this, props.retrieval, this.store);
    this.needs = this.defineNeeds();
    this.sync = new IndexSync(this, 'Sync', {
      ...props,
      parsing: this.parsing,
      scans: this.scans,
      context: this.context,
      splitter: this.splitter,
      store: this.store,
      index: ({ tableName }) => this.indexPolicy(tableName),
      compares: this.reindex.policy.by === 'beside',
      letEmbed: (role) => this.letEmbed(this, role),
    });
  }

  /** What a bulk load has to know. */
  public get loaded(): LoadedIndex {
    const { props: { documents }, sync: { handler }, embedding, bound: model, index: { fields } } = this;
    return { documents, source: OWN_SOURCE, handler, embedding, model, fields };
  }

  /** @param retrieval where it is another one than the construct's own */
  public bind(scope: IConstruct, caller: IGrantable, retrieval = this.props.retrieval): KnowledgeBinding {
    const { documents } = this.props;
    const { passages = PASSAGES, tenant, questions, rewriting, expansion, unanswered, links } = retrieval;
    const { store, index } = this;
    const search = searchOf(scope, caller, this.search, retrieval);
    store.letSearch(caller);
    if (search.by !== 'words') this.letEmbed(scope, caller);
    this.letFindIndex(caller);
    if (links) grantLinks(scope, caller, { documents: [documents] });
    const policy: KnowledgePolicy = {
      knowledgeBaseId: this.props.service,
      kind: 'own',
      own: { store: store.reference, search, pointer: { table: this.sync.table.tableName, models: this.models } },
      passages,
      candidates: search.candidates,
      fields: index.fields,
      textFilters: store.textFilters,
      tenant: tenant && { field: tenant.field, claim: tenant.claim },
      questions: questions === 1 ? undefined : questions,
      rewriting: rewriting?._bind(scope, caller),
      expansion: expansion?._bind(scope, caller),
      unanswered,
      linkSeconds: links?.toSeconds(),
    };
    return new KnowledgeBinding(policy);
  }

  /** How long the store may still give what has changed in it. */
  public get lagSeconds(): number {
    return STORE_LAG_SECONDS[this.store.reference.kind] ?? USUAL_LAG_SECONDS;
  }

  /** What its documents are kept in step by, and what another index is. */
  public get kept() {
    const { policy: { _triggers: { onDeploy } } } = this.props;
    return { sync: { queues: this.sync.queues, onDeploy }, index: this.sync.handler.environment.INDEX };
  }

  private defineNeeds(): KnowledgeNeeds {
    const { store, search, props: { retrieval: { rerank } } } = this;
    return {
      parts: ['own-passages', STORE_PARTS[store.reference.kind], ...rerank ? ['rerank'] : []],
      calls: [
        ...store.calls,
        CalledService.DYNAMODB,
        ...search === SearchKind.KEYWORD ? [] : [CalledService.BEDROCK_RUNTIME],
        ...rerank ? [CalledService.BEDROCK_AGENT_RUNTIME] : [],
      ],
      place: store.place,
      connects: CONNECTED_TO.includes(store.reference.kind),
    };
  }

  /** Embeds by the model of the index, and by that of the one before. */
  private letEmbed(scope: IConstruct, caller: IGrantable) {
    this.model.bind(scope, caller);
    this.reindex.previous?.bind(scope, caller);
  }

  private modelsAllowed(): string[] {
    const { previous } = this.reindex;
    const before = previous ? [embeddingPolicy(this, previous.bind(this, NOBODY)).modelId] : [];
    return [...new Set([this.embedding.modelId, ...before])];
  }

  /** Lets a caller see which index answers, and nothing of documents. */
  private letFindIndex(grantee: IGrantable) {
    const { sync: { table }, props: { encryptionKey } } = this;
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem'],
      resourceArns: [table.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [INDEXES_ITEM.partition] } },
    });
    grantKeyThrough(this, grantee, encryptionKey, ['dynamodb'], ['kms:Decrypt', 'kms:DescribeKey']);
  }

  /** Told apart by what is settled in it: all that documents are read by where one is built beside another, and what its vectors are where one cut takes the place of another. */
  private nameIndex(index: Omit<PassageIndex, 'name'>): PassageIndex {
    const { embedding, scans, splitter, context, store: { wordless = false }, reindex: { policy: { by } } } = this;
    const vectors = [embedding.modelId, index];
    const all = [PIPELINE, this.parsing, scans?.policy ?? null, splitter.policy, embedding, context?.settled ?? null, index, ...wordless ? ['no words'] : []];
    return { name: `passages_${this.hashOf(by === 'beside' ? all : vectors, 'hex').slice(0, 10)}`, ...index };
  }

  private hashOf(told: unknown, as: 'hex' | 'base64url'): string {
    return createHash('sha256').update(JSON.stringify(Stack.of(this).resolve(told))).digest(as);
  }

  private indexPolicy(vectorTable: string): IndexPolicy {
    const { context, index, embedding, splitter: { policy: chunking }, store: { reference, settled, words } } = this;
    const read = { parsing: this.parsing, scans: this.scans?.policy, chunking, embedding, index };
    return {
      ...read,
      context: context?.policy,
      pipeline: this.hashOf([PIPELINE, read, context?.settled ?? null, settled], 'base64url').slice(0, 12),
      store: reference,
      words,
      reindex: { ...this.reindex.policy, models: this.models },
      answers: this.props.answers?.reference,
      vectors: { table: vectorTable, seconds: VECTOR_SECONDS },
    };
  }
}
