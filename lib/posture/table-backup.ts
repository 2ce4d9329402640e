import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import { type ITableV2 } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { StackKey } from './stack-key';
import { acknowledge } from '../internal/acknowledge';
import { nameUnlikeAnyOther } from '../internal/physical-name';

/** Daily and monthly copies of a stack's tables, in a vault for each key that refuses to delete them before their time. */
export class TableBackup extends Construct {
  public static of(scope: IConstruct, encryptionKey: IKey): TableBackup {
    const stack = Stack.of(scope);
    const id = `PostureBackup${StackKey.made(scope, encryptionKey) ? '' : encryptionKey.node.addr.slice(-8)}`;
    return (stack.node.tryFindChild(id) as TableBackup | undefined) ?? new TableBackup(stack, id, encryptionKey);
  }

  private readonly plan: backup.BackupPlan;
  private readonly role: iam.Role;

  private constructor(scope: Construct, id: string, encryptionKey: IKey) {
    super(scope, id);

    const vault = new backup.BackupVault(this, 'Vault', {
      // One that stays behind would stand in the way of the next under a fixed name; a key cannot be changed, so that another key is another vault.
      backupVaultName: nameUnlikeAnyOther(this, Stack.of(this).resolve(encryptionKey.keyArn), { separator: '-', maxLength: 50 }),
      encryptionKey,
      blockRecoveryPointDeletion: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.plan = new backup.BackupPlan(this, 'Plan', {
      backupVault: vault,
      backupPlanRules: [backup.BackupPlanRule.daily(), backup.BackupPlanRule.monthly1Year()],
    });
    this.role = this.defineRole();
  }

  public add(scope: Construct, table: ITableV2) {
    const resources = [backup.BackupResource.fromArn(table.tableArn)];
    new backup.BackupSelection(scope, 'Backup', { backupPlan: this.plan, resources, role: this.role, disableDefaultBackupPolicy: true });
  }

  private defineRole() {
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSBackupServiceRolePolicyForBackup')],
    });
    acknowledge(role, 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]',
      'Only AWS Backup can take the role, and AWS keeps this policy in step with what the service needs to copy a table; a copy of it here would break backups unseen.');
    return role;
  }
}
