import * as iam from 'aws-cdk-lib/aws-iam';
import { type Route } from './routes';
import { acknowledgeWildcard } from '../internal/acknowledge';

/** Converse is authorised as InvokeModel, ConverseStream as InvokeModelWithResponseStream. */
export const INVOKE = ['bedrock:InvokeModel'];
export const STREAM = ['bedrock:InvokeModelWithResponseStream'];
export const INVOKE_AND_STREAM = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

/** Grants a route: its profiles, and the models behind them only for calls that come through the profile. */
export function grantRoute(caller: iam.IGrantable, actions: string[], { profiles, models }: Route): void {
  if (profiles.length > 0) iam.Grant.addToPrincipal({ grantee: caller, actions, resourceArns: [...profiles] });
  iam.Grant.addToPrincipal({
    grantee: caller,
    actions,
    resourceArns: [...models],
    conditions: profiles.length > 0 ? { StringEquals: { 'bedrock:InferenceProfileArn': profiles[0] } } : undefined,
  });
  models.filter((arn) => arn.includes(':bedrock:*:')).forEach((arn) => acknowledgeWildcard(caller, arn,
    'One model, in the Regions that its inference profile routes to: AWS adds to them, and bedrock:InferenceProfileArn holds the statement to calls through that profile.'));
}
