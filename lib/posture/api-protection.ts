import { CfnClientCertificate, type CfnStage, type Stage } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { type Firewall, type FirewallPlacement } from './firewall';

export interface ApiProtectionProps extends Omit<FirewallPlacement, 'resourceArn'> {
  readonly stage: Stage;
  readonly firewall: Firewall;
}

/** A firewall in front of a stage, its log, and a certificate that tells a backend that it is this API that calls. */
export class ApiProtection extends Construct {
  constructor(scope: Construct, id: string, { stage, firewall, ...logs }: ApiProtectionProps) {
    super(scope, id);

    const certificate = new CfnClientCertificate(this, 'ClientCertificate', {});
    (stage.node.defaultChild as CfnStage).clientCertificateId = certificate.ref;
    firewall._protect(this, { resourceArn: stage.stageArn, ...logs });
  }
}
