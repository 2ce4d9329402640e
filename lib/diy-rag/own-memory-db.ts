import { Stack, Token } from 'aws-cdk-lib';
import { type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import * as memorydb from 'aws-cdk-lib/aws-memorydb';
import { Construct } from 'constructs';
import { type IndexBuild, type StoreBinding } from './store-binding';
import { KEYWORD_TABLE, MEMORY_DB_MOST_FIELDS, MEMORY_DB_USERS } from '../contract/passage-stores';
import { nameUnlikeAnyOther } from '../internal/physical-name';
import { fail, requireInteger, requirePattern } from '../internal/validation';
import { SearchKind } from '../knowledge';
import { CalledService } from '../posture';
import { defineItemTable, grantItems } from '../posture/item-table';
import { DatabaseNetwork } from '../rag/database-network';

/** Options of `VectorStore.memoryDb`. */
export interface MemoryDbStoreOptions {
  /**
   * The kind of its nodes: of the families R6g, R7g and T4g, which search vectors. All vectors, chunks and graphs lie in a node's memory.
   *
   * @default 'db.t4g.small'
   */
  readonly nodeType?: string;

  /**
   * How many copies of the node answer and take its place, from 0 to 5.
   *
   * @default - 1; with Posture.regulated() 2
   */
  readonly replicas?: number;

  /**
   * The VPC that it lies in, and handlers beside it.
   *
   * @default - the posture's, or one a stack that is made
   */
  readonly vpc?: IVpc;

  /**
   * The subnets of the VPC, of at least two zones.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
}

export interface OwnMemoryDbProps extends IndexBuild, MemoryDbStoreOptions {}

const PORT = 6_379;
/** The parameters by which a cluster searches vectors; it has to be born with them. */
const SEARCHING = { engine: 'redis', engineVersion: '7.1', parameterGroupName: 'default.memorydb-redis7.search' };

/** What clients ask when they connect. */
const CONNECTING = ['ping', 'info', 'cluster|slots', 'cluster|info', 'client|setname'];
const COMMANDS = {
  reads: [...CONNECTING, 'ft.search', 'hmget'],
  writes: [...CONNECTING, 'ft.create', 'ft.dropindex', 'hset', 'hsetnx', 'hget', 'hdel', 'del', 'scan'],
};

/** A cluster of MemoryDB that searches vectors, the users who may write and who may search, and the table that the words of chunks are kept in. */
export class OwnMemoryDb extends Construct {
  public readonly binding: StoreBinding;
  /** Absent where nobody searches by words. */
  private readonly words?: TableV2;
  private readonly cluster: memorydb.CfnCluster;
  private readonly users: Readonly<Record<keyof typeof COMMANDS, memorydb.CfnUser>>;

  constructor(scope: Construct, id: string, private readonly props: OwnMemoryDbProps) {
    super(scope, id);
    this.requireValid(props);
    const { posture, vpc, vpcSubnets } = props;
    const placement = posture._storePlace(this);
    const { place, ...network } = this.placed(new DatabaseNetwork(this, { ...props, placement, vpc, vpcSubnets }));
    const name = nameUnlikeAnyOther(this, Stack.of(this).resolve([network.subnetIds, props.encryptionKey?.keyArn]), { separator: '-', maxLength: 30 });
    this.words = props.search === SearchKind.SEMANTIC ? undefined : defineItemTable(this, 'Words', props, KEYWORD_TABLE, { holds: 'state' });
    this.users = { reads: this.defineUser('Reader', name, 'reads'), writes: this.defineUser('Writer', name, 'writes') };
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc: network.vpc, description: 'Passages in MemoryDB', allowAllOutbound: false });
    this.cluster = this.defineCluster(name, network.subnetIds, securityGroup);
    this.binding = {
      reference: { kind: 'memoryDb', cluster: name, host: this.cluster.attrClusterEndpointAddress, port: PORT, keywordTable: this.words?.tableName },
      calls: this.words ? [CalledService.DYNAMODB] : [],
      place: place(securityGroup),
      settled: [name, ...this.words ? [] : ['no words']],
      words: true,
      wordless: !this.words,
      textFilters: false,
      letWrite: (role) => this.let(role, 'writes', ['BatchGetItem', 'BatchWriteItem']),
      // A word that too many chunks have is looked up for the best of them.
      letSearch: (role) => this.let(role, 'reads', ['Query', 'BatchGetItem']),
      letManage: (role) => this.let(role, 'writes', ['Scan', 'BatchWriteItem']),
    };
  }

  private requireValid({ nodeType, replicas, index: { fields } }: OwnMemoryDbProps) {
    requirePattern(this, 'nodeType', nodeType, /^db\.(r6g|r6gd|r7g|t4g)\.[0-9a-z]+$/, 'a kind of node that searches vectors, such as db.t4g.small or db.r7g.large');
    requireInteger(this, 'replicas', replicas, 0, 5);
    if (fields.length <= MEMORY_DB_MOST_FIELDS) return;
    fail(this, `'retrieval.fields' must be at most ${MEMORY_DB_MOST_FIELDS} with VectorStore.memoryDb(), whose indexes have no more, got ${fields.length}: declare fewer, or take VectorStore.openSearchServerless()`);
  }

  private placed(network: DatabaseNetwork) {
    const { place: { vpc, vpcSubnets } } = network;
    const { subnetIds } = vpc.selectSubnets({ ...vpcSubnets, onePerAz: true });
    if (!Token.isUnresolved(subnetIds) && subnetIds.length < 2) {
      fail(this, `'vpcSubnets' must be subnets of at least two zones, because MemoryDB lies in two, got ${subnetIds.length}: choose more, or a VPC with more zones`);
    }
    return { vpc, subnetIds, place: ({ connections }: SecurityGroup) => network.placeBeside(connections, PORT) };
  }

  private defineUser(id: string, name: string, as: keyof typeof COMMANDS) {
    const commands = COMMANDS[as].map((command) => `+${command}`).join(' ');
    return new memorydb.CfnUser(this, id, {
      userName: `${name}${MEMORY_DB_USERS[as]}`, authenticationMode: { Type: 'iam' }, accessString: `on ~chunk:* ~index:* resetchannels -@all ${commands}`,
    });
  }

  private defineCluster(name: string, subnetIds: string[], securityGroup: SecurityGroup) {
    const { posture, encryptionKey, nodeType = 'db.t4g.small', replicas = posture.deletionProtection ? 2 : 1 } = this.props;
    const acl = new memorydb.CfnACL(this, 'Access', { aclName: name, userNames: [this.users.reads.ref, this.users.writes.ref] });
    const subnets = new memorydb.CfnSubnetGroup(this, 'Subnets', { subnetGroupName: name, subnetIds, description: 'Passages' });
    return new memorydb.CfnCluster(this, 'Cluster', {
      clusterName: name,
      description: 'Passages',
      ...SEARCHING,
      nodeType,
      // Vectors are searched in one shard only.
      numShards: 1,
      numReplicasPerShard: replicas,
      port: PORT,
      aclName: acl.ref,
      subnetGroupName: subnets.ref,
      securityGroupIds: [securityGroup.securityGroupId],
      tlsEnabled: true,
      kmsKeyId: encryptionKey?.keyArn,
      snapshotRetentionLimit: posture.snapshotRetention.toDays(),
      autoMinorVersionUpgrade: true,
    });
  }

  private let(grantee: IGrantable, as: keyof typeof COMMANDS, onWords: readonly string[]) {
    Grant.addToPrincipal({ grantee, actions: ['memorydb:Connect'], resourceArns: [this.cluster.attrArn, this.users[as].attrArn] });
    if (this.words) grantItems(grantee, this.words, this.props, onWords);
  }
}
