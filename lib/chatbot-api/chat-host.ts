import { type Duration, Size } from 'aws-cdk-lib';
import { Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type FargateService } from 'aws-cdk-lib/aws-ecs';
import { type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup } from 'aws-cdk-lib/aws-logs';
import { type IQueue } from 'aws-cdk-lib/aws-sqs';
import { type Construct } from 'constructs';
import { type ChatEndpoint, type ChatFront } from './chat-endpoint';
import { type AuthBinding } from '../api/auth-binding';
import { type ChatEnv } from '../contract/chat';
import { BundledFunction } from '../internal/bundled-function';
import { type ServiceRole } from '../internal/handler-role';
import { type Chart } from '../observability/operations-dashboard';
import { CalledService, type FunctionPlacement } from '../posture';
import { type Build } from '../posture/build';

/** The chat's code with all that lies beside it, before it is known where it runs. */
export interface ChatCode extends Build {
  readonly auth: AuthBinding;
  /** Files beside the handler, by name; called once, with the role that the handler gets. */
  readonly files: (role: ServiceRole) => Readonly<Record<string, string>>;
  /** Parts that the handler loads when it needs them. */
  readonly parts: readonly string[];
  /** AWS services that the code calls. */
  readonly calls: CalledService[];
  /** Where code runs that calls these services, made beside it; undefined leaves it to the network of its host. */
  readonly place: (scope: Construct, calls: CalledService[]) => FunctionPlacement | undefined;
  /** Whether the code connects to a database, whose certificate those of Lambda know and no others. */
  readonly connects: boolean;
  readonly turnTimeout: Duration;
}

/** What runs the chat's code, as its transport chose. */
export interface ChatHost {
  /** Everything that the code may do is granted to it. */
  readonly role: ServiceRole;
  /** Where the code's lines go. */
  readonly logGroup: ILogGroup;
  /** The function, where the code runs in one. */
  readonly handler?: LambdaFunction;
  /** Where events go that the function could not take. */
  readonly deadLetters?: IQueue;
  /** Whether turns reach the function as events, which are given up where nobody takes them. */
  readonly turnsAreEvents?: boolean;
  /** The service, where the code runs in tasks. */
  readonly service?: FargateService;
  /** What shows how the code fares where it runs. */
  readonly charts: Chart[];
  /** Puts the chat on the network. */
  publish(front: ChatFront): ChatEndpoint;
  configure(environment: ChatEnv): void;
}

type Publish = (handler: LambdaFunction, front: ChatFront) => ChatEndpoint;

/** The chat's code in a Lambda function, as most transports have it. */
export function functionHost(scope: Construct, code: ChatCode, publish: Publish, concurrency = code.posture.reservedConcurrency): ChatHost {
  const { logRetention, encryptionKey } = code;
  const handler = new BundledFunction<ChatEnv>(scope, 'Handler', {
    bundle: 'chat',
    description: 'Answers chat requests',
    files: code.files,
    parts: code.parts,
    timeout: code.turnTimeout,
    memory: Size.mebibytes(1024),
    logRetention,
    encryptionKey,
    reservedConcurrency: concurrency,
    place: (placed) => code.place(placed, [...code.calls, CalledService.XRAY]),
  });
  return {
    role: handler.role,
    logGroup: handler.logs,
    handler: handler.function,
    deadLetters: handler.deadLetters,
    charts: functionCharts(handler.function),
    publish: (front) => publish(handler.function, front),
    configure: (environment) => handler.configure(environment),
  };
}

function functionCharts(handler: LambdaFunction): Chart[] {
  return [{
    title: 'Handler',
    unit: 'invocations',
    lines: [
      handler.metric('ConcurrentExecutions', { statistic: Stats.MAXIMUM, label: 'At once' }),
      handler.metricThrottles({ label: 'Throttled' }),
      handler.metricErrors({ label: 'Failed' }),
    ],
  }];
}
