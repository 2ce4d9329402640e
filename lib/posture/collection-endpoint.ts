import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnVpcEndpoint } from 'aws-cdk-lib/aws-opensearchserverless';
import { Construct } from 'constructs';
import { nameUnlikeAnyOther } from '../internal/physical-name';

export interface CollectionEndpointProps {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/** Leads from a VPC to all collections of OpenSearch Serverless whose network policies name it, and makes their names lead to it in the whole VPC. */
export class CollectionEndpoint extends Construct implements ec2.IConnectable {
  public readonly connections: ec2.Connections;
  public readonly endpointId: string;

  constructor(scope: Construct, id: string, { vpc, vpcSubnets }: CollectionEndpointProps) {
    super(scope, id);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Calls to collections of OpenSearch Serverless', allowAllOutbound: false });
    const { subnetIds } = vpc.selectSubnets(vpcSubnets);
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.HTTPS });
    this.endpointId = new CfnVpcEndpoint(this, 'Resource', {
      name: nameUnlikeAnyOther(this, Stack.of(this).resolve([vpc.vpcId]), { separator: '-', maxLength: 32 }),
      vpcId: vpc.vpcId,
      subnetIds,
      securityGroupIds: [securityGroup.securityGroupId],
    }).attrId;
  }
}
