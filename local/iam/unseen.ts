/** Grants that no call on this machine can use, by action, each with the reason. */
const REASONS: readonly { readonly action: RegExp; readonly reason: string }[] = [
  { action: /^xray:/, reason: 'the Lambda service sends traces, not the handler' },
  { action: /^logs:/, reason: 'the Lambda service writes the log, not the handler' },
  { action: /^ec2:.*(NetworkInterface|Subnet|PrivateIpAddresses)/, reason: 'the Lambda service places the function in its VPC' },
  { action: /^kms:/, reason: 'the service that keeps the data uses the key in the name of the role' },
  { action: /^redshift-data:CancelStatement$/, reason: 'no query of the local Redshift takes so long that it is stopped' },
  { action: /^sqlworkbench:DeleteSqlGenerationContext$/, reason: 'nobody deletes a knowledge base here' },
  { action: /^bedrock:InvokeAutomatedReasoningPolicy$/, reason: 'the local guardrail does not reason' },
];

const LAMBDA = 'lambda.amazonaws.com';
/** The services whose code runs here. */
const RUNNING = [LAMBDA, 'ecs-tasks.amazonaws.com'];

/** Why a grant cannot be seen used here; nothing when it can. `holders` are the AWS services that may take the role. */
export function reasonUnseen(action: string, services: ReadonlySet<string>, holders: readonly string[] = [LAMBDA]): string | undefined {
  if (holders.length > 0 && !holders.some((holder) => RUNNING.includes(holder))) return `no function holds the role: it is for ${holders.join(', ')}`;
  const known = REASONS.find((reason) => reason.action.test(action))?.reason;
  const [service] = action.split(':');
  return known ?? (action.includes(':') && !services.has(service) ? `the local cloud runs no ${service}` : undefined);
}

/** Why no call here can touch a resource; nothing when one can. */
export function reasonUntouched(resource: string): string | undefined {
  return resource.includes(':guardrail-profile/') ? 'the local guardrail is applied in one region' : undefined;
}
