import { CfnSecurityGroupEgress, CfnSecurityGroupIngress, type Connections, type IVpc, Port, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type Construct, DependencyGroup, type IConstruct } from 'constructs';
import { type AuroraPlace } from './aurora-cluster';
import { fail } from '../internal/validation';
import { type PlaceBeside } from '../knowledge/knowledge-needs';
import { type CalledService, type FunctionPlacement } from '../posture';
import { type Build } from '../posture/build';
import { PrivateNetwork } from '../posture/private-network';
import { isIsolated } from '../posture/way-out';

export interface DatabaseNetworkProps extends Pick<Build, 'logRetention' | 'encryptionKey'> {
  /** Where the posture puts functions; undefined leaves it to this. */
  readonly placement?: AuroraPlace;
  /** What was asked for; it has to be the posture's VPC, where that has one. */
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
}

/** The VPC of a database, in which those run who connect to it. */
export class DatabaseNetwork {
  /** Where the database lies. */
  public readonly place: AuroraPlace;
  private readonly own?: PrivateNetwork;

  constructor(scope: IConstruct, { placement, vpc, vpcSubnets, ...build }: DatabaseNetworkProps) {
    if (placement && vpc && placement.vpc !== vpc) {
      fail(scope, `'vpc' must be the VPC of the posture, where functions run that connect to the database, got ${vpc.node.path}: leave it out, or give it to Posture.regulated`);
    }
    if (!placement) this.own = PrivateNetwork.of(scope, { vpc, ...build });
    this.place = placement ? { vpc: placement.vpc, vpcSubnets: vpcSubnets ?? placement.vpcSubnets } : this.own!.placeDatabase(vpcSubnets);
  }

  /** Who connects runs beside the database, and may reach it there. */
  public placeBeside(database: Connections, port: number): PlaceBeside {
    return (scope, calls, byPosture) => {
      const placement = byPosture(scope, calls) ?? this.placeByDatabase(scope, calls);
      if (placement.vpc !== this.place.vpc) {
        fail(scope, `what connects to a database must run in its VPC, ${this.place.vpc.node.path}, got ${placement.vpc.node.path}: `
          + 'give both the same posture, Posture.regulated({ vpc }), and a cache of conversations the same VPC');
      }
      return { ...placement, reachedBy: reachOut(placement, database, port) };
    };
  }

  private placeByDatabase(scope: Construct, calls: CalledService[]): FunctionPlacement {
    const { own, place: { vpc, vpcSubnets } } = this;
    // Of a posture that places functions: one that does not is another's.
    if (!own) return fail(scope, `what connects to a database must run in its VPC, ${vpc.node.path}, got a posture without one: take Posture.regulated() for both`);
    return own.placeFunction(scope, calls, { vpcSubnets, endpoints: isIsolated(vpc, vpcSubnets) });
  }
}

/** The rules stand in the caller's stack, and go after the caller. */
export function reachOut({ securityGroups, reachedBy }: FunctionPlacement, database: Connections, port: number): DependencyGroup {
  const groups = [...securityGroups, ...database.securityGroups];
  const isRule = (child: IConstruct) => child instanceof CfnSecurityGroupIngress || child instanceof CfnSecurityGroupEgress;
  const rules = () => groups.flatMap(({ node }) => node.children).filter(isRule);
  const before = new Set(rules());
  for (const group of securityGroups) group.connections.allowTo(database, Port.tcp(port), 'Searches and writes of passages');
  return new DependencyGroup(...reachedBy ? [reachedBy] : [], ...rules().filter((rule) => !before.has(rule)));
}
