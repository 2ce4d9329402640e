import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IInterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { placeOutside } from './outside-store';
import { indexPrefix } from './shared-store';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { KEYWORD_TABLE } from '../contract/passage-stores';
import { fail, requireMade, requirePattern } from '../internal/validation';
import { SearchKind } from '../knowledge';
import { CalledService } from '../posture';
import { defineItemTable, grantItems } from '../posture/item-table';
import { credentialsArn, letReadSecret } from '../rag/store-credentials';

/** An index of Pinecone that you have: dense, compared by cosine, of the embedding model's dimension. */
export interface PineconeStoreOptions {
  /** Its address, such as `https://docs-abc123.svc.us-east-1.pinecone.io`; with `privateEndpoint` the one that leads there. */
  readonly endpoint: string;

  /**
   * The endpoint that leads to Pinecone within the VPC that handlers run in, by AWS PrivateLink. Its security groups are told to let handlers in.
   *
   * @default - it is reached over the internet; with Posture.regulated() subnets have to lead there, such as by a NAT gateway
   */
  readonly privateEndpoint?: IInterfaceVpcEndpoint;

  /** The secret that is its API key, or has it as `apiKey`. */
  readonly secret: ISecret;
}

export interface OwnPineconeProps extends IndexBuild, PineconeStoreOptions {}

const HTTPS = 443;

/** Namespaces of an index of Pinecone, and the table of the words of chunks and of where they stand. */
export class OwnPinecone extends Construct {
  public readonly binding: StoreBinding;
  private readonly words: TableV2;
  private readonly secretArn: string;

  constructor(scope: Construct, id: string, private readonly props: OwnPineconeProps) {
    super(scope, id);
    const { endpoint, secret, privateEndpoint } = props;
    requirePattern(this, 'endpoint', endpoint, /^https?:\/\/[^/\s]+$/, 'the address of an index without a path, such as https://docs-abc123.svc.us-east-1.pinecone.io');
    requireMade(this, 'privateEndpoint', privateEndpoint, 'applyRemovalPolicy', "an endpoint, such as InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(this, 'Pinecone', { … })");
    this.secretArn = credentialsArn(this, 'secret', secret);
    if (endpoint.startsWith('http:') && !props.posture.publicStores) {
      fail(this, `'endpoint' must begin with https:// with Posture.regulated(), under which nothing travels in the clear, got '${endpoint}': name the address of Pinecone's`);
    }
    this.words = defineItemTable(this, 'Words', props, KEYWORD_TABLE, { holds: 'state' });
    const words = props.search !== SearchKind.SEMANTIC;
    this.binding = {
      reference: { kind: 'pinecone', endpoint, secretArn: this.secretArn, words, table: this.words.tableName, prefix: indexPrefix(this) },
      calls: [CalledService.DYNAMODB, CalledService.SECRETS_MANAGER],
      place: placeOutside({
        called: 'an index of Pinecone', port: HTTPS, privateEndpoint, others: 'name its private endpoint, VectorStore.pinecone({ privateEndpoint }), or take VectorStore.openSearchServerless()',
      }),
      settled: [endpoint, ...words ? [] : ['no words']],
      words: true,
      wordless: !words,
      textFilters: false,
      letWrite: (role) => this.let(role, ['BatchGetItem', 'BatchWriteItem']),
      // A word that too many chunks have is looked up for the best of them.
      letSearch: (role) => this.let(role, words ? ['Query', 'BatchGetItem'] : []),
      letManage: (role) => this.let(role, ['Scan', 'BatchWriteItem']),
    };
  }

  private let(grantee: IGrantable, onWords: readonly string[]) {
    letReadSecret(this, grantee, this.secretArn, this.props.secret.encryptionKey);
    grantItems(grantee, this.words, this.props, onWords);
  }
}
