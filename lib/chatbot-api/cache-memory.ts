import { Duration, Stack } from 'aws-cdk-lib';
import { type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type Construct } from 'constructs';
import { ConversationCache } from './conversation-cache';
import { type MemoryBinding } from './memory-binding';
import { type ServiceRole } from '../internal/handler-role';
import { fail, requireDuration } from '../internal/validation';
import { type CalledService, type FunctionPlacement } from '../posture';
import { type Build } from '../posture/build';
import { PrivateNetwork } from '../posture/private-network';

export interface CacheMemoryOptions {
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly vpcEndpoints?: boolean;
  readonly retention?: Duration;
}

const RETENTION = Duration.days(90);

/** Conversations in a serverless cache, which is made together with the place of the handler that reaches it. */
export class CacheMemory implements MemoryBinding {
  public readonly keepsConversations = true;
  public readonly calls: CalledService[] = [];
  public readonly parts = ['valkey'];
  public readonly retention: Duration;
  private cache?: ConversationCache;

  constructor(private readonly scope: Construct, private readonly build: Build, private readonly options: CacheMemoryOptions) {
    this.retention = options.retention ?? RETENTION;
    requireDuration(scope, 'conversations.memory.retention', this.retention, Duration.days(1), Duration.days(36_500));
  }

  public placeHandler(handler: Construct, calls: CalledService[]): FunctionPlacement {
    const placement = this.placeByPosture(handler, calls) ?? this.placeInVpc(handler, calls);
    this.cache = new ConversationCache(this.scope, 'Cache', { ...this.build, vpc: placement.vpc, vpcSubnets: placement.vpcSubnets, callers: placement.securityGroups });
    return placement;
  }

  public get environment() {
    return { TABLE_NAME: '', CACHE: Stack.of(this.scope).toJsonString(this.made.reference), AGENT_MEMORY: '', RETENTION_SECONDS: `${this.retention.toSeconds()}` };
  }

  public get charts() {
    return this.made.charts;
  }

  public get alarms() {
    return this.made.alarms;
  }

  public grantUse(role: ServiceRole) {
    this.made.grantConnect(role);
  }

  private placeByPosture(handler: Construct, calls: CalledService[]): FunctionPlacement | undefined {
    const placement = this.build.posture.placeFunction(handler, calls);
    const { vpc } = this.options;
    if (placement && vpc) fail(this.scope, `'conversations.memory.vpc' must be left out, because the posture says in which VPC handlers run, got ${vpc.node.path}: give it to Posture.regulated`);
    return placement;
  }

  private placeInVpc(handler: Construct, calls: CalledService[]): FunctionPlacement {
    const { vpc, vpcSubnets, vpcEndpoints = true } = this.options;
    if (!vpc) fail(this.scope, "'conversations.memory.vpc' must be given, because a cache lies in a VPC, and this posture has none; got nothing: name a VPC, or take Posture.regulated(), which makes one");
    const network = PrivateNetwork.of(handler, { vpc, logRetention: this.build.logRetention });
    return network.placeFunction(handler, calls, { vpcSubnets, endpoints: vpcEndpoints });
  }

  private get made(): ConversationCache {
    return this.cache ?? fail(this.scope, 'the cache is made with the place of its handler, which is not there yet');
  }
}
