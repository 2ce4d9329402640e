import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { type Construct } from 'constructs';
import { requireUrl } from './connector';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { fail, requireLength, requirePattern } from '../internal/validation';
import { credentialsArn, letReadSecret } from '../rag/store-credentials';

/** An index of Pinecone that you have, of the embedding model's dimension. */
export interface PineconeOptions {
  /** Address of the index, such as `https://docs-abc123.svc.us-east-1.pinecone.io`. */
  readonly endpoint: string;

  /** The secret with `apiKey`. */
  readonly credentials: ISecret;

  /**
   * The namespace that passages are written to.
   *
   * @default - Pinecone's own
   */
  readonly namespace?: string;

  /**
   * The field that holds the text of a passage.
   *
   * @default 'AMAZON_BEDROCK_TEXT'
   */
  readonly textField?: string;

  /**
   * The field that holds what Bedrock notes of a passage.
   *
   * @default 'AMAZON_BEDROCK_METADATA'
   */
  readonly metadataField?: string;
}

/** A collection of MongoDB Atlas that you have, with a vector search index of the embedding model's dimension. */
export interface MongoDbAtlasOptions {
  /** Host of the cluster, such as `docs.abc12.mongodb.net`. */
  readonly endpoint: string;

  /** The secret with `username` and `password`. */
  readonly credentials: ISecret;

  /** The database. */
  readonly database: string;

  /** The collection. */
  readonly collection: string;

  /** The vector search index. */
  readonly vectorIndex: string;

  /**
   * The text search index, by which passages are found by words too.
   *
   * @default - they are found by meaning only
   */
  readonly textIndex?: string;

  /**
   * Name of the VPC endpoint service that leads to the cluster, such as `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`.
   *
   * @default - it is reached over the internet
   */
  readonly endpointServiceName?: string;

  /**
   * The field that holds the vector of a passage.
   *
   * @default 'embedding'
   */
  readonly vectorField?: string;

  /**
   * The field that holds the text of a passage.
   *
   * @default 'AMAZON_BEDROCK_TEXT'
   */
  readonly textField?: string;

  /**
   * The field that holds what Bedrock notes of a passage.
   *
   * @default 'AMAZON_BEDROCK_METADATA'
   */
  readonly metadataField?: string;
}

const TEXT = 'AMAZON_BEDROCK_TEXT';
const METADATA = 'AMAZON_BEDROCK_METADATA';

export function bindPinecone(scope: Construct, build: VectorStoreBuild, options: PineconeOptions): StoreBinding {
  const { endpoint, namespace, textField = TEXT, metadataField = METADATA } = options;
  refuseBits(scope, build, 'pinecone');
  requireUrl(scope, 'endpoint', endpoint);
  const credentialsSecretArn = associate(scope, build, options.credentials);
  return {
    storageConfiguration: { type: 'PINECONE', pineconeConfiguration: { connectionString: endpoint, credentialsSecretArn, namespace, fieldMapping: { textField, metadataField } } },
    searches: ['SEMANTIC'],
    dependencies: [],
  };
}

export function bindMongoDbAtlas(scope: Construct, build: VectorStoreBuild, options: MongoDbAtlasOptions): StoreBinding {
  const { endpoint, database, collection, vectorIndex, textIndex, endpointServiceName, vectorField = 'embedding', textField = TEXT, metadataField = METADATA } = options;
  refuseBits(scope, build, 'mongoDbAtlas');
  requirePattern(scope, 'endpoint', endpoint, /^[a-zA-Z0-9-]+\.[a-zA-Z0-9-]+\.mongodb\.net$/, 'the host of a cluster without a scheme, such as docs.abc12.mongodb.net');
  Object.entries({ database, collection, vectorIndex, textIndex }).forEach(([prop, value]) => requireLength(scope, prop, value, 1, 63));
  const credentialsSecretArn = associate(scope, build, options.credentials);
  return {
    storageConfiguration: {
      type: 'MONGO_DB_ATLAS',
      mongoDbAtlasConfiguration: {
        endpoint,
        endpointServiceName,
        credentialsSecretArn,
        databaseName: database,
        collectionName: collection,
        vectorIndexName: vectorIndex,
        textIndexName: textIndex,
        fieldMapping: { vectorField, textField, metadataField },
      },
    },
    searches: textIndex === undefined ? ['SEMANTIC'] : ['HYBRID', 'SEMANTIC'],
    dependencies: [],
  };
}

/** Lets the knowledge base log in, and leave AWS with what this secret opens and no other. */
function associate(scope: Construct, { role }: VectorStoreBuild, credentials: ISecret): string {
  const secretArn = credentialsArn(scope, 'credentials', credentials);
  letReadSecret(scope, role, secretArn, credentials.encryptionKey);
  role.addToPrincipalPolicy(new PolicyStatement({
    actions: ['bedrock:AssociateThirdPartyKnowledgeBase'],
    resources: ['*'],
    conditions: { StringEquals: { 'bedrock:ThirdPartyKnowledgeBaseCredentialsSecretArn': secretArn } },
  }));
  acknowledgeWildcard(role, '*', 'A store outside of AWS has no ARN: the statement is held to the one secret that opens it.');
  return secretArn;
}

function refuseBits(scope: Construct, { vectors }: VectorStoreBuild, store: string) {
  if (vectors.binary) fail(scope, `'embedding' must make float vectors with KnowledgeStore.${store}(), got binary ones: leave \`binary\` out, or take KnowledgeStore.openSearchServerless()`);
}
