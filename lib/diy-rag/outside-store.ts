import { type IInterfaceVpcEndpoint, Peer, Port } from 'aws-cdk-lib/aws-ec2';
import { fail } from '../internal/validation';
import { type PlaceBeside } from '../knowledge/knowledge-needs';
import { isIsolated } from '../posture/way-out';
import { reachOut } from '../rag/database-network';

/** A store that lies outside of what runs in a VPC. */
export interface OutsideStore {
  /** What it is, as `an index of Pinecone`. */
  readonly called: string;
  readonly port: number;
  /** What leads to it within a VPC. */
  readonly privateEndpoint?: IInterfaceVpcEndpoint;
  /** What else may be chosen where nothing leads there. */
  readonly others: string;
}

/** Handlers run where they run without it, and are let out to it where that is a VPC: one that leads there. */
export function placeOutside({ called, port, privateEndpoint, others }: OutsideStore): PlaceBeside {
  return (scope, calls, byPosture) => {
    const placement = byPosture(scope, calls);
    if (!placement) {
      if (privateEndpoint) fail(scope, `'posture' must be Posture.regulated({ vpc }) with the VPC in which the private endpoint of ${called} lies, got one whose handlers run in none: give it, or leave 'privateEndpoint' out`);
      return undefined;
    }
    if (privateEndpoint) return { ...placement, reachedBy: reachOut(placement, privateEndpoint.connections, port) };
    const { vpc, vpcSubnets, securityGroups } = placement;
    if (isIsolated(vpc, vpcSubnets)) {
      fail(scope, `'posture' must put handlers into subnets that lead to the internet, such as Posture.regulated({ vpc }) with a VPC whose private subnets have a NAT gateway, because ${called} is reached `
        + `over it, got isolated subnets of ${vpc.node.path}: give such a VPC to it, and to a cache of conversations, or ${others}`);
    }
    for (const group of securityGroups) group.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'Searches and writes of passages, over the internet');
    return placement;
  };
}
