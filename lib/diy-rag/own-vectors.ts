import { Stack } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnIndex, CfnVectorBucket } from 'aws-cdk-lib/aws-s3vectors';
import { Construct } from 'constructs';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { KEYWORD_TABLE, S3_VECTORS_KEYS } from '../contract/passage-stores';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { CalledService } from '../posture';
import { defineItemTable } from '../posture/item-table';
import { letVectorsBeIndexed } from '../rag/vector-bucket';

/** A vector bucket with one index, and the table that its words are kept in. */
export class OwnVectors extends Construct {
  public readonly binding: StoreBinding;
  private readonly index: CfnIndex;
  private readonly words: TableV2;

  constructor(scope: Construct, id: string, private readonly props: IndexBuild) {
    super(scope, id);
    this.index = this.defineIndex();
    this.words = defineItemTable(this, 'Words', props, KEYWORD_TABLE, { holds: 'state' });
    this.binding = {
      reference: { kind: 's3Vectors', indexArn: this.index.attrIndexArn, keywordTable: this.words.tableName },
      calls: [CalledService.S3_VECTORS, CalledService.DYNAMODB],
      settled: [settledOf(props.index.dimension), props.encryptionKey?.keyArn ?? null],
      words: true,
      textFilters: false,
      letWrite: (role) => this.let(role, ['PutVectors', 'DeleteVectors'], ['BatchGetItem', 'BatchWriteItem']),
      // A word that too many chunks have is looked up for the best of them.
      letSearch: (role) => this.let(role, ['QueryVectors', 'GetVectors'], ['Query', 'BatchGetItem']),
    };
  }

  private let(grantee: IGrantable, onVectors: readonly string[], onWords: readonly string[]) {
    const { encryptionKey } = this.props;
    Grant.addToPrincipal({ grantee, actions: onVectors.map((action) => `s3vectors:${action}`), resourceArns: [this.index.attrIndexArn] });
    Grant.addToPrincipal({ grantee, actions: onWords.map((action) => `dynamodb:${action}`), resourceArns: [this.words.tableArn] });
    if (!encryptionKey) return;
    const { region, urlSuffix } = Stack.of(this);
    Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      resourceArns: [encryptionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': ['s3vectors', 'dynamodb'].map((service) => `${service}.${region}.${urlSuffix}`) } },
    });
  }

  private defineIndex(): CfnIndex {
    const { encryptionKey, index: { dimension } } = this.props;
    const bucket = new CfnVectorBucket(this, 'Bucket', {
      encryptionConfiguration: encryptionKey ? { sseType: 'aws:kms', kmsKeyArn: encryptionKey.keyArn } : { sseType: 'AES256' },
    });
    if (encryptionKey) letVectorsBeIndexed(encryptionKey, bucket);
    const settled = settledOf(dimension);
    // Nothing of an index can be changed: what changes gets another name, or CloudFormation would make the new one under the old one's.
    const indexName = nameUnlikeAnyOther(this, Stack.of(this).resolve([settled, encryptionKey?.keyArn]), { separator: '-', maxLength: 63 });
    return new CfnIndex(this, 'Index', { vectorBucketArn: bucket.attrVectorBucketArn, indexName, ...settled });
  }
}

/** What of an index is settled when it is made. */
function settledOf(dimension: number) {
  return { dataType: 'float32', dimension, distanceMetric: 'cosine', metadataConfiguration: { nonFilterableMetadataKeys: [S3_VECTORS_KEYS.chunk] } };
}
