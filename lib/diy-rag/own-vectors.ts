import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { VectorBucketEmptying } from './vector-bucket-emptying';
import { KEYWORD_TABLE } from '../contract/passage-stores';
import { acknowledgeWildcard } from '../internal/acknowledge';
import { grantKeyThrough } from '../internal/key-grants';
import { fail } from '../internal/validation';
import { SearchKind } from '../knowledge';
import { CalledService } from '../posture';
import { defineItemTable } from '../posture/item-table';
import { letVectorsBeIndexed } from '../rag/vector-bucket';

/** Of 50 keys beside a vector, two are kept for whose a chunk is and for the chunk itself. */
const MOST_FIELDS = 48;

/** A vector bucket, whose indexes are made and dropped as documents are read anew, and the table that their words are kept in. */
export class OwnVectors extends Construct {
  public readonly binding: StoreBinding;
  private readonly bucket: CfnVectorBucket;
  /** Absent where nobody searches by words: they cost more than vectors do. */
  private readonly words?: TableV2;

  constructor(scope: Construct, id: string, private readonly props: IndexBuild) {
    super(scope, id);
    const { search, encryptionKey, index: { fields } } = props;
    if (fields.length > MOST_FIELDS) {
      fail(this, `'retrieval.fields' must be at most ${MOST_FIELDS} with VectorStore.s3Vectors(), which keeps no more beside a vector, got ${fields.length}: declare fewer, or take VectorStore.openSearchServerless()`);
    }
    this.bucket = this.defineBucket();
    this.words = search === SearchKind.SEMANTIC ? undefined : defineItemTable(this, 'Words', props, KEYWORD_TABLE, { holds: 'state' });
    this.binding = {
      reference: { kind: 's3Vectors', vectorBucketArn: this.bucket.attrVectorBucketArn, keywordTable: this.words?.tableName },
      calls: [CalledService.S3_VECTORS, ...this.words ? [CalledService.DYNAMODB] : []],
      settled: [encryptionKey?.keyArn ?? null, ...this.words ? [] : ['no words']],
      words: true,
      wordless: !this.words,
      textFilters: false,
      emptying: new VectorBucketEmptying(this, 'Emptying', { ...props, bucket: this.bucket }),
      letWrite: (role) => this.let(role, ['PutVectors', 'DeleteVectors'], ['BatchGetItem', 'BatchWriteItem']),
      // A word that too many chunks have is looked up for the best of them.
      letSearch: (role) => this.let(role, [...search === SearchKind.KEYWORD ? [] : ['QueryVectors'], 'GetVectors'], ['Query', 'BatchGetItem']),
      letManage: (role) => this.let(role, ['CreateIndex', 'GetIndex', 'DeleteIndex'], ['Scan', 'BatchWriteItem']),
    };
  }

  private let(grantee: IGrantable, onVectors: readonly string[], onWords: readonly string[]) {
    const { words, props: { encryptionKey } } = this;
    const indexes = `${this.bucket.attrVectorBucketArn}/index/*`;
    Grant.addToPrincipal({ grantee, actions: onVectors.map((action) => `s3vectors:${action}`), resourceArns: [indexes] });
    acknowledgeWildcard(grantee, indexes, 'The indexes of its own vector bucket, of which a new one is made whenever documents are read in another way.');
    if (words) Grant.addToPrincipal({ grantee, actions: onWords.map((action) => `dynamodb:${action}`), resourceArns: [words.tableArn] });
    grantKeyThrough(this, grantee, encryptionKey, ['s3vectors', ...words ? ['dynamodb'] : []]);
  }

  private defineBucket(): CfnVectorBucket {
    const { encryptionKey } = this.props;
    const bucket = new CfnVectorBucket(this, 'Bucket', {
      encryptionConfiguration: encryptionKey ? { sseType: 'aws:kms', kmsKeyArn: encryptionKey.keyArn } : { sseType: 'AES256' },
    });
    if (encryptionKey) letVectorsBeIndexed(encryptionKey, bucket);
    return bucket;
  }
}
