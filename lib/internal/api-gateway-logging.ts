import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge } from './acknowledge';

/**
 * The account's permission for API Gateway to write logs, one a stack. It is a setting of the account and the region, so it stays when the
 * stack goes: other APIs may rely on it.
 */
export class ApiGatewayLogging extends Construct {
  /** Makes an API's stage wait for the permission: without it a stage with logs cannot be made. */
  public static requiredBy(stage: IConstruct) {
    const stack = Stack.of(stage);
    const id = 'ApiGatewayLogging';
    stage.node.addDependency((stack.node.tryFindChild(id) as ApiGatewayLogging | undefined) ?? new ApiGatewayLogging(stack, id));
  }

  private constructor(scope: Construct, id: string) {
    super(scope, id);

    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs')],
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    acknowledge(role, 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      'The role serves every API of the account and the region, and API Gateway accepts it only with these permissions on every log group.');

    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}
