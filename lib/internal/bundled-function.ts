import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Duration, FileSystem, RemovalPolicy, type Size } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { type IKey } from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { type RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { acknowledge } from './acknowledge';
import { EncryptedLogs } from './encrypted-logs';
import { environmentProblems } from './environment-room';
import { HandlerRole, type ServiceRole } from './handler-role';
import { bundledFiles } from './packed-file';
import { fail } from './validation';

export interface BundledFunctionProps {
  /** The handler's folder in lambda. */
  readonly bundle: string;
  /** Parts that the handler loads when it needs them, by their names in lambda/parts. */
  readonly parts?: readonly string[];
  readonly description: string;
  /** Files that lie beside the handler, by name; called with the handler's role, for what they say may come from what is granted. */
  readonly files?: (role: ServiceRole) => Readonly<Record<string, string>>;
  readonly timeout: Duration;
  readonly memory: Size;
  readonly logRetention: RetentionDays;
  readonly encryptionKey?: IKey;
  readonly reservedConcurrency?: number;
  /** It sends messages to queues that call it, over and over, and ends by itself. */
  readonly sendsToItself?: boolean;
  /** Where events go that failed, for functions that share such a place; one is made without it. */
  readonly deadLetters?: sqs.Queue;
  /** Where the function runs; called with the handler as the scope of what is made for it. Without a place it runs in Lambda's own network. */
  readonly place?: (scope: Construct) => Place | undefined;
}

/** As the posture says it. */
interface Place extends Pick<lambda.FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  readonly reachedBy?: IDependable;
}

/** A handler of this package on Lambda: its bundle, its own role, its own log group and a place for events that failed. */
export class BundledFunction<Env extends Readonly<Record<string, string>>> extends Construct {
  public readonly function: lambda.Function;
  public readonly role: HandlerRole;
  public readonly logs: EncryptedLogs;
  public readonly deadLetters: sqs.Queue;
  private configured?: Env;

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id);

    this.logs = new EncryptedLogs(this, 'Logs', { retention: props.logRetention, encryptionKey: props.encryptionKey });
    this.role = new HandlerRole(this, 'Role', this.logs);
    this.deadLetters = props.deadLetters ?? this.defineDeadLetters(props);
    this.letGiveUp(props);
    this.function = this.defineFunction(props);
  }

  /** Gives the handler its environment, whose values come from what the role was granted. */
  public configure(environment: Env) {
    this.configured = environment;
    const problems = () => environmentProblems(this, environment);
    problems().forEach((problem) => fail(this, problem));
    // Values may still grow: groups of callers are named when the chat is there.
    this.node.addValidation({ validate: problems });
    for (const [key, value] of Object.entries(environment)) this.function.addEnvironment(key, value);
  }

  /** What the handler reads, once it is configured. */
  public get environment(): Env {
    if (!this.configured) throw new Error('a handler is asked for its environment before it has one');
    return this.configured;
  }

  private defineDeadLetters(props: BundledFunctionProps) {
    const queue = new sqs.Queue(this, 'DeadLetters', {
      enforceSSL: true,
      encryption: props.encryptionKey ? sqs.QueueEncryption.KMS : sqs.QueueEncryption.SQS_MANAGED,
      encryptionMasterKey: props.encryptionKey,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(queue, 'Serverless-SQSRedrivePolicy', 'It is the dead-letter queue itself: what arrives here has failed already, and waits for a person.');
    return queue;
  }

  private letGiveUp({ encryptionKey }: BundledFunctionProps) {
    this.role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] }));
    if (encryptionKey) this.role.allowEncryption(encryptionKey, 'sqs');
  }

  private defineFunction(props: BundledFunctionProps) {
    const { reachedBy, ...placement } = props.place?.(this) ?? {};
    if (placement.vpc) this.role.allowNetworking();
    if (props.encryptionKey) this.role.allowEncryption(props.encryptionKey, 'lambda');
    const folder = this.stage(props);
    const handler = new lambda.Function(this, 'Function', {
      ...placement,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(folder),
      handler: 'index.handler',
      role: this.role,
      environmentEncryption: props.encryptionKey,
      timeout: props.timeout,
      memorySize: props.memory.toMebibytes(),
      logGroup: this.logs,
      reservedConcurrentExecutions: props.reservedConcurrency,
      // Otherwise Lambda takes a chain of messages for a mistake, and drops it after 16 of them, however long they waited.
      recursiveLoop: props.sendsToItself ? lambda.RecursiveLoop.ALLOW : undefined,
    });
    rmSync(folder, { recursive: true });
    // The function alone: its security group stands in rules that it depends on.
    if (reachedBy) handler.node.addDependency(reachedBy);

    // Through the L2 these would widen `Permissions` by a wildcard, or make an inline policy under some feature flags.
    const resource = handler.node.defaultChild as lambda.CfnFunction;
    resource.tracingConfig = { mode: lambda.Tracing.ACTIVE };
    resource.deadLetterConfig = { targetArn: this.deadLetters.queueArn };
    return handler;
  }

  /** The bundle, its parts and its files in one folder, which becomes the Lambda asset. */
  private stage({ bundle, parts = [], files }: BundledFunctionProps): string {
    const folder = FileSystem.mkdtemp(`${bundle}-`);
    for (const [name, path] of Object.entries(bundledFiles(this, bundle, parts))) copyFileSync(path, join(folder, name));
    for (const [name, content] of Object.entries(files?.(this.role) ?? {})) writeFileSync(join(folder, name), content);
    return folder;
  }
}
