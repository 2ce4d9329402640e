import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { indexPrefix } from './shared-store';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { KEYWORD_TABLE } from '../contract/passage-stores';
import { requirePattern } from '../internal/validation';
import { SearchKind } from '../knowledge';
import { CalledService } from '../posture';
import { defineItemTable, grantItems } from '../posture/item-table';
import { credentialsArn, letReadSecret } from '../rag/store-credentials';

/** An index of Pinecone that you have: dense, compared by cosine, of the embedding model's dimension. */
export interface PineconeStoreOptions {
  /** Its address, such as `https://docs-abc123.svc.us-east-1.pinecone.io`. Handlers in a VPC need a way there: a NAT gateway, or Pinecone's private endpoint. */
  readonly endpoint: string;

  /** The secret that is its API key, or has it as `apiKey`. */
  readonly secret: ISecret;
}

export interface OwnPineconeProps extends IndexBuild, PineconeStoreOptions {}

/** Namespaces of an index of Pinecone, and the table of the words of chunks and of where they stand. */
export class OwnPinecone extends Construct {
  public readonly binding: StoreBinding;
  private readonly words: TableV2;
  private readonly secretArn: string;

  constructor(scope: Construct, id: string, private readonly props: OwnPineconeProps) {
    super(scope, id);
    const { endpoint, secret } = props;
    requirePattern(this, 'endpoint', endpoint, /^https?:\/\/[^/\s]+$/, 'the address of an index without a path, such as https://docs-abc123.svc.us-east-1.pinecone.io');
    this.secretArn = credentialsArn(this, 'secret', secret);
    this.words = defineItemTable(this, 'Words', props, KEYWORD_TABLE, { holds: 'state' });
    const words = props.search !== SearchKind.SEMANTIC;
    this.binding = {
      reference: { kind: 'pinecone', endpoint, secretArn: this.secretArn, words, table: this.words.tableName, prefix: indexPrefix(this) },
      calls: [CalledService.DYNAMODB, CalledService.SECRETS_MANAGER],
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
