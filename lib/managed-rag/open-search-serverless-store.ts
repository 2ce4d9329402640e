import { Aws, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as aoss from 'aws-cdk-lib/aws-opensearchserverless';
import { Construct } from 'constructs';
import { CollectionAccess } from './collection-access';
import { defineSearchIndex, SEARCH_FIELDS, type SearchFields } from './open-search-index';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { fail } from '../internal/validation';
import { CollectionCapacity } from '../rag/collection-capacity';
import {
  collectionName as nameOf, type CollectionReach, defineCollection, defineDataPolicy, defineEncryptionPolicy, defineNetworkPolicy, indexRule,
} from '../rag/search-collection';

/** An index of a collection that you have. */
export interface ExistingCollectionIndex extends SearchFields {
  /** The collection's ARN. Its network policy must let `bedrock.amazonaws.com` in. */
  readonly collectionArn: string;

  /** The collection's name, by which a data access policy lets the knowledge base in. */
  readonly collectionName: string;

  /** The index, with a vector field of the embedding model's dimension. */
  readonly indexName: string;
}

/** Options of `KnowledgeStore.openSearchServerless`. */
export interface OpenSearchServerlessOptions {
  /**
   * What the collection runs on.
   *
   * @default CollectionCapacity.scaleToZero()
   */
  readonly capacity?: CollectionCapacity;

  /**
   * From where the collection is reached, besides Bedrock.
   *
   * @default - CollectionAccess.internet() with Posture.standard(), where authorization keeps others out; CollectionAccess.bedrock() with Posture.regulated()
   */
  readonly access?: CollectionAccess;

  /**
   * The role under which CloudFormation deploys the stack, for it makes the index.
   *
   * @default - the role of the CDK's bootstrap
   */
  readonly deploymentRole?: IRole;

  /**
   * An index that you have; then nothing is made but a policy that lets the knowledge base in, and no other option can be given.
   *
   * @default - a collection and an index are made
   */
  readonly index?: ExistingCollectionIndex;
}

export interface OpenSearchServerlessStoreProps extends VectorStoreBuild, OpenSearchServerlessOptions {}

const READ_AND_WRITE = ['aoss:DescribeIndex', 'aoss:ReadDocument', 'aoss:WriteDocument'];
const MAKE_INDEXES = ['aoss:CreateIndex', 'aoss:DeleteIndex', 'aoss:DescribeIndex', 'aoss:UpdateIndex'];

/** A collection of OpenSearch Serverless, its policies, and the index of one knowledge base. */
export class OpenSearchServerlessStore extends Construct {
  public readonly binding: StoreBinding;

  constructor(scope: Construct, id: string, props: OpenSearchServerlessStoreProps) {
    super(scope, id);
    this.binding = props.index ? this.bindExisting(props, props.index) : this.bindNew(props);
  }

  private bindExisting({ role, capacity, access, deploymentRole }: OpenSearchServerlessStoreProps, index: ExistingCollectionIndex): StoreBinding {
    if (capacity ?? access ?? deploymentRole) fail(this, "'index' must stand alone, for what you have is not made again: leave 'capacity', 'access' and 'deploymentRole' out, or 'index'");
    this.letCall(role, index.collectionArn);
    const { collectionName, indexName } = index;
    const policy = defineDataPolicy(this, 'DataPolicy', nameOf(this, [collectionName, indexName]), [indexRule(collectionName, indexName, READ_AND_WRITE, role.roleArn)]);
    return this.bind(index, [policy], undefined);
  }

  private bindNew(props: OpenSearchServerlessStoreProps): StoreBinding {
    const { role, encryptionKey, vectors, fields, posture, capacity = CollectionCapacity.scaleToZero(), deploymentRole } = props;
    const access = props.access ?? (posture.publicStores ? CollectionAccess.internet() : CollectionAccess.bedrock());
    const limits = capacity._limits(this);
    const name = nameOf(this, [encryptionKey?.keyArn, limits ? 'NEXTGEN' : capacity._standbyReplicas]);

    const encryption = defineEncryptionPolicy(this, name, encryptionKey);
    const network = defineNetworkPolicy(this, name, this.reachOf(name, access));
    const data = defineDataPolicy(this, 'DataPolicy', name, [
      indexRule(name, '*', READ_AND_WRITE, role.roleArn),
      // Under every name: the index that takes the place of another is made before that one is deleted.
      indexRule(name, '*', MAKE_INDEXES, deploymentRole?.roleArn ?? this.deploymentRoleArn()),
    ]);
    const collection = defineCollection(this, name, capacity);
    // The data access policy takes up to a minute until it holds; made before the collection it has that minute before the index is made.
    collection.node.addDependency(encryption, network, data);
    this.letCall(role, collection.attrArn);
    const { index, indexName } = defineSearchIndex(this, { collection, vectors, fields, reachable: access._internet, ownsEngine: limits !== undefined });
    return this.bind({ collectionArn: collection.attrArn, indexName, ...SEARCH_FIELDS }, [index, network, data], [name, indexName]);
  }

  private bind(index: Omit<ExistingCollectionIndex, 'collectionName'>, dependencies: Construct[], settled: unknown): StoreBinding {
    const { collectionArn, indexName, vectorField, textField, metadataField } = index;
    return {
      storageConfiguration: {
        type: 'OPENSEARCH_SERVERLESS',
        opensearchServerlessConfiguration: { collectionArn, vectorIndexName: indexName, fieldMapping: { vectorField, textField, metadataField } },
      },
      searches: ['HYBRID', 'SEMANTIC'],
      textFilters: true,
      settled,
      dependencies,
    };
  }

  private letCall(role: IRole, collectionArn: string) {
    role.addToPrincipalPolicy(new PolicyStatement({ actions: ['aoss:APIAccessAll'], resources: [collectionArn] }));
  }

  private reachOf(name: string, { _internet, _vpc }: CollectionAccess): CollectionReach {
    if (_internet) return { AllowFromPublic: true };
    return { AllowFromPublic: false, SourceServices: ['bedrock.amazonaws.com'], ...(_vpc && { SourceVPCEs: [this.defineEndpoint(name, _vpc).attrId] }) };
  }

  private defineEndpoint(name: string, { vpc, vpcSubnets }: NonNullable<CollectionAccess['_vpc']>) {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: `Calls to the collection of ${this.node.path}`, allowAllOutbound: false });
    securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.HTTPS, 'Clients in the VPC');
    const { subnetIds } = vpc.selectSubnets(vpcSubnets);
    return new aoss.CfnVpcEndpoint(this, 'Endpoint', { name, vpcId: vpc.vpcId, subnetIds, securityGroupIds: [securityGroup.securityGroupId] });
  }

  /** CloudFormation makes the index under this role, and no permission of IAM is enough for that. */
  private deploymentRoleArn(): string {
    const { synthesizer } = Stack.of(this);
    const known = synthesizer instanceof DefaultStackSynthesizer ? synthesizer.cloudFormationExecutionRoleArn : undefined;
    if (known === undefined) {
      fail(this, "'deploymentRole' must be the role under which CloudFormation deploys the stack, because the stack's synthesizer does not say, got none: "
        + 'give it to KnowledgeStore.openSearchServerless({ deploymentRole })');
    }
    return known.replaceAll('${AWS::Partition}', Aws.PARTITION).replaceAll('${AWS::AccountId}', Aws.ACCOUNT_ID).replaceAll('${AWS::Region}', Aws.REGION);
  }
}
