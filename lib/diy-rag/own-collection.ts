import { Arn, ArnFormat, Lazy, Stack } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable, type IRole } from 'aws-cdk-lib/aws-iam';
import { CfnAccessPolicy } from 'aws-cdk-lib/aws-opensearchserverless';
import { Construct } from 'constructs';
import { indexPrefix } from './shared-store';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { KEYWORD_TABLE, OPEN_SEARCH_UPKEEP } from '../contract/passage-stores';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail, requirePattern } from '../internal/validation';
import { CalledService } from '../posture';
import { defineItemTable, grantItems } from '../posture/item-table';
import { CollectionCapacity } from '../rag/collection-capacity';
import { collectionName, type CollectionReach, defineCollection, defineEncryptionPolicy, defineNetworkPolicy, indexRule } from '../rag/search-collection';

/** A collection for vectors that you have. */
export interface ExistingCollection {
  /** Its ARN, such as `arn:aws:aoss:us-east-1:111122223333:collection/abc123`. */
  readonly collectionArn: string;

  /** Its name, by which data access policies let handlers in. */
  readonly collectionName: string;

  /** Its address, such as `https://abc123.us-east-1.aoss.amazonaws.com`. Its network policy must let handlers in. */
  readonly endpoint: string;

  /**
   * Whether it is of the older kind, in no collection group that scales to zero.
   *
   * @default false
   */
  readonly classic?: boolean;
}

/** Options of `VectorStore.openSearchServerless`. */
export interface CollectionStoreOptions {
  /**
   * What the collection runs on.
   *
   * @default CollectionCapacity.scaleToZero()
   */
  readonly capacity?: CollectionCapacity;

  /**
   * Id of the endpoint of OpenSearch Serverless by which handlers in a VPC reach the collection, where the VPC has one.
   *
   * @default - with Posture.regulated() one is made, once a VPC; with Posture.standard() the collection is reached over the internet, where authorization keeps others out
   */
  readonly vpcEndpointId?: string;

  /**
   * A collection that you have; then only indexes in it are made, by names that begin with `passages_`, and no other option can be given.
   *
   * @default - a collection is made
   */
  readonly collection?: ExistingCollection;
}

export interface OwnCollectionProps extends IndexBuild, CollectionStoreOptions {}

interface Held {
  readonly arn: string;
  readonly name: string;
  readonly endpoint: string;
  readonly ownsEngine: boolean;
  /** What the names of its indexes begin with. */
  readonly prefix?: string;
}

const DATA = {
  write: ['aoss:WriteDocument', 'aoss:ReadDocument'],
  search: ['aoss:ReadDocument'],
  manage: ['aoss:CreateIndex', 'aoss:DescribeIndex', 'aoss:DeleteIndex', 'aoss:ReadDocument'],
} as const;

/** A collection of OpenSearch Serverless, whose indexes are made and dropped at runtime, and the table of where chunks stand in it. */
export class OwnCollection extends Construct {
  public readonly binding: StoreBinding;
  private readonly collection: Held;
  private readonly places: TableV2;
  private readonly allowed = new Map<IRole, Set<string>>();

  constructor(scope: Construct, id: string, private readonly props: OwnCollectionProps) {
    super(scope, id);
    this.collection = props.collection ? this.requireExisting(props.collection) : this.defineCollection();
    this.places = defineItemTable(this, 'Places', props, KEYWORD_TABLE, { holds: 'state' });
    const { arn, name, endpoint, ownsEngine, prefix } = this.collection;
    this.binding = {
      reference: { kind: 'openSearch', endpoint, collectionId: Arn.split(arn, ArnFormat.SLASH_RESOURCE_NAME).resourceName!, table: this.places.tableName, ownsEngine, prefix },
      calls: [CalledService.COLLECTIONS],
      upkeep: { parts: [OPEN_SEARCH_UPKEEP], calls: [CalledService.OPENSEARCH_SERVERLESS, CalledService.DYNAMODB] },
      settled: [name],
      words: true,
      textFilters: true,
      letWrite: (role) => this.let(role, DATA.write, ['Query', 'BatchWriteItem']),
      letSearch: (grantee) => this.let(grantee, DATA.search, []),
      letManage: (role) => {
        this.let(role, DATA.manage, ['Scan', 'BatchWriteItem']);
        Grant.addToPrincipal({ grantee: role, actions: ['CreateIndex', 'GetIndex', 'DeleteIndex'].map((action) => `aoss:${action}`), resourceArns: [arn] });
      },
    };
  }

  private requireExisting({ collectionArn: arn, collectionName: name, endpoint, classic = false }: ExistingCollection): Held {
    const { capacity, vpcEndpointId } = this.props;
    if (capacity ?? vpcEndpointId) fail(this, "'collection' must stand alone, for what you have is not made again: leave 'capacity' and 'vpcEndpointId' out, or 'collection'");
    requirePattern(this, 'collection.collectionArn', arn, /^arn:[^:]+:aoss:[^:]+:\d{12}:collection\/[a-z0-9]+$/, 'the ARN of a collection, such as arn:aws:aoss:us-east-1:111122223333:collection/abc123');
    requirePattern(this, 'collection.collectionName', name, /^[a-z][a-z0-9-]{2,31}$/, 'the name of a collection, 3 to 32 small letters, digits and hyphens, a letter first');
    requirePattern(this, 'collection.endpoint', endpoint, /^https:\/\/[^/\s]+$/, 'the address of a collection without a path, such as https://abc123.us-east-1.aoss.amazonaws.com');
    return { arn, name, endpoint, ownsEngine: !classic, prefix: indexPrefix(this) };
  }

  private defineCollection(): Held {
    const { encryptionKey, capacity = CollectionCapacity.scaleToZero() } = this.props;
    const ownsEngine = capacity._limits(this) !== undefined;
    const name = collectionName(this, [encryptionKey?.keyArn, ownsEngine ? 'NEXTGEN' : capacity._standbyReplicas]);
    const collection = defineCollection(this, name, capacity);
    collection.node.addDependency(defineEncryptionPolicy(this, name, encryptionKey), defineNetworkPolicy(this, name, this.reach()));
    return { arn: collection.attrArn, name, endpoint: collection.attrCollectionEndpoint, ownsEngine };
  }

  private reach(): CollectionReach {
    const { posture, vpcEndpointId } = this.props;
    if (vpcEndpointId !== undefined && posture.publicStores) {
      fail(this, `'vpcEndpointId' must be left out with Posture.standard(), whose handlers run in no VPC and would not reach the collection, got '${vpcEndpointId}': leave it out, or take Posture.regulated()`);
    }
    const endpoint = vpcEndpointId ?? posture._collectionEndpoint(this);
    return endpoint === undefined ? { AllowFromPublic: true } : { AllowFromPublic: false, SourceVPCEs: [endpoint] };
  }

  private let(grantee: IGrantable, onIndexes: readonly string[], onPlaces: readonly string[]) {
    Grant.addToPrincipal({ grantee, actions: ['aoss:APIAccessAll'], resourceArns: [this.collection.arn] });
    this.letUseIndexes(grantee, onIndexes);
    grantItems(grantee, this.places, this.props, onPlaces);
  }

  /** By a policy of each role's own, which stands with the role: the collection's stack must not come to need those who search it. */
  private letUseIndexes(grantee: IGrantable, permissions: readonly string[]) {
    const role = grantee.grantPrincipal as Partial<IRole> & IGrantable;
    if (!Construct.isConstruct(role) || role.roleArn === undefined) {
      fail(this, "who looks passages up in VectorStore.openSearchServerless() must be a role, because a data access policy of the collection has to name it, got another principal: give a role, such as a function's");
    }
    const known = this.allowed.get(role as IRole);
    if (known) return permissions.forEach((permission) => known.add(permission));
    const all = new Set(permissions);
    this.allowed.set(role as IRole, all);
    const { name, prefix = 'passages' } = this.collection;
    const scope = new Construct(role, `Passages${this.node.addr.slice(-8)}`);
    const stack = Stack.of(scope);
    new CfnAccessPolicy(scope, 'Resource', {
      name: nameUnlikeAnyOther(scope, stack.resolve([name]), { separator: '-', maxLength: 32 }),
      type: 'data',
      policy: Lazy.string({ produce: () => stack.toJsonString([indexRule(name, `${prefix}*`, [...all].sort(), role.roleArn!)]) }),
    });
  }
}
