import { type CfnDBCluster, type CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { acknowledge } from '../internal/acknowledge';

/** Accepts what rules for databases of people's own data find in one that holds copies. */
export function acknowledgeCluster(cluster: CfnDBCluster, writer: CfnDBInstance) {
  if (cluster.deletionProtection !== true) {
    acknowledge(cluster, 'AwsSolutions-RDS10',
      'This level goes with its stack and leaves a snapshot behind; what it holds is made again from the documents. Posture.regulated() protects it from deletion.');
  }
  acknowledge(writer, 'CloudFormation-Validate::W9008', 'An instance of Aurora has no storage of its own: that of its cluster is encrypted.');
  for (const pack of ['HIPAA.Security', 'NIST.800.53.R5']) {
    acknowledge(writer, `${pack}-RDSInBackupPlan`, 'Its cluster can be restored to any second of its retention; what it holds is made again from the documents.');
    acknowledge(writer, `${pack}-RDSEnhancedMonitoringEnabled`, 'It is serverless: no operating system of ours is behind it, and its capacity is in the metrics of the cluster.');
  }
}
