import { type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';

/** Whether any of the subnets leads nowhere but to its own VPC. */
export function isIsolated(vpc: IVpc, vpcSubnets: SubnetSelection): boolean {
  const isolated = new Set(vpc.isolatedSubnets.map(({ subnetId }) => subnetId));
  return vpc.selectSubnets(vpcSubnets).subnets.some(({ subnetId }) => isolated.has(subnetId));
}
