import { Aws, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as aoss from 'aws-cdk-lib/aws-opensearchserverless';
import { Construct } from 'constructs';
import { CollectionAccess } from './collection-access';
import { CollectionCapacity } from './collection-capacity';
import { defineSearchIndex, SEARCH_FIELDS, type SearchFields } from './open-search-index';
import { type StoreBinding, type VectorStoreBuild } from './store-binding';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail } from '../internal/validation';

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

/** A collection is called by 3 to 28 characters. */
const LONGEST_NAME = 28;

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
    const policy = this.defineDataPolicy(this.nameFor([collectionName, indexName]), [this.rule(collectionName, indexName, READ_AND_WRITE, role)]);
    return this.bind(index, [policy], undefined);
  }

  private bindNew(props: OpenSearchServerlessStoreProps): StoreBinding {
    const { role, encryptionKey, vectors, fields, posture, capacity = CollectionCapacity.scaleToZero(), deploymentRole } = props;
    const access = props.access ?? (posture.publicStores ? CollectionAccess.internet() : CollectionAccess.bedrock());
    const limits = capacity._limits(this);
    const name = this.nameFor([encryptionKey?.keyArn, limits ? 'NEXTGEN' : capacity._standbyReplicas]);

    const encryption = this.defineEncryptionPolicy(name, props);
    const network = this.defineNetworkPolicy(name, access);
    const data = this.defineDataPolicy(name, [
      this.rule(name, '*', READ_AND_WRITE, role),
      // Under every name: the index that takes the place of another is made before that one is deleted.
      this.rule(name, '*', MAKE_INDEXES, deploymentRole?.roleArn ?? this.deploymentRoleArn()),
    ]);
    const collection = this.defineCollection(name, capacity, limits);
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

  private defineEncryptionPolicy(name: string, { encryptionKey }: OpenSearchServerlessStoreProps) {
    const key = encryptionKey ? { AWSOwnedKey: false, KmsARN: encryptionKey.keyArn } : { AWSOwnedKey: true };
    return new aoss.CfnSecurityPolicy(this, 'EncryptionPolicy', { name, type: 'encryption', policy: this.json({ Rules: [collectionRule(name)], ...key }) });
  }

  private defineNetworkPolicy(name: string, access: CollectionAccess) {
    const from = access._internet
      ? { AllowFromPublic: true }
      : { AllowFromPublic: false, SourceServices: ['bedrock.amazonaws.com'], ...(access._vpc && { SourceVPCEs: [this.defineEndpoint(name, access._vpc).attrId] }) };
    return new aoss.CfnSecurityPolicy(this, 'NetworkPolicy', { name, type: 'network', policy: this.json([{ Rules: [collectionRule(name)], ...from }]) });
  }

  private defineEndpoint(name: string, { vpc, vpcSubnets }: NonNullable<CollectionAccess['_vpc']>) {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: `Calls to the collection of ${this.node.path}`, allowAllOutbound: false });
    securityGroup.addIngressRule(Peer.ipv4(vpc.vpcCidrBlock), Port.HTTPS, 'Clients in the VPC');
    const { subnetIds } = vpc.selectSubnets(vpcSubnets);
    return new aoss.CfnVpcEndpoint(this, 'Endpoint', { name, vpcId: vpc.vpcId, subnetIds, securityGroupIds: [securityGroup.securityGroupId] });
  }

  private defineDataPolicy(name: string, rules: object[]) {
    return new aoss.CfnAccessPolicy(this, 'DataPolicy', { name, type: 'data', policy: this.json(rules) });
  }

  private rule(collectionName: string, indexName: string, permissions: string[], who: IRole | string) {
    return {
      Rules: [{ ResourceType: 'index', Resource: [`index/${collectionName}/${indexName}`], Permission: permissions }],
      Principal: [typeof who === 'string' ? who : who.roleArn],
    };
  }

  private defineCollection(name: string, capacity: CollectionCapacity, limits: aoss.CfnCollectionGroup.CapacityLimitsProperty | undefined) {
    // The newer kind has its twins in other zones always, and says so by this.
    const group = limits && new aoss.CfnCollectionGroup(this, 'CollectionGroup', { name, generation: 'NEXTGEN', standbyReplicas: 'ENABLED', capacityLimits: limits });
    const collection = new aoss.CfnCollection(this, 'Collection', {
      name, type: 'VECTORSEARCH', collectionGroupName: group?.name, standbyReplicas: capacity._standbyReplicas,
    });
    if (group) collection.addResourceDependency(group);
    return collection;
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

  private nameFor(settled: unknown): string {
    return nameUnlikeAnyOther(this, Stack.of(this).resolve(settled), { separator: '-', maxLength: LONGEST_NAME });
  }

  private json(value: unknown): string {
    return Stack.of(this).toJsonString(value);
  }
}

function collectionRule(name: string) {
  return { ResourceType: 'collection', Resource: [`collection/${name}`] };
}
