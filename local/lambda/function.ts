import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzip } from './unzip';
import type { Resource } from '../assembly/assembly';
import type { Deployment } from '../assembly/deployment';
import { REGION } from '../assembly/identity';

/** A Lambda function with everything answered: what a worker needs to be it. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly logGroup: string;
  /** Where its code lies, unpacked. */
  readonly directory: string;
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Reserved concurrency; undefined shares the account's. */
  readonly concurrency?: number;
  readonly traced: boolean;
}

export interface FunctionSurroundings {
  readonly deployment: Deployment;
  /** Where zip files are unpacked and inline code is written. */
  readonly workDirectory: string;
  /** What `AWS_ENDPOINT_URL` holds. */
  readonly endpoint: string;
  /** A file with certificates that functions trust beside those of the world. */
  readonly certificates?: string;
  /** The access key that names a role, by the role's ARN. */
  accessKeyOf(roleArn: string): string;
  /** Turns public URLs of the stack into those of this machine. */
  localise(text: string): string;
}

/** Reads a function from its template. */
export function readFunction(resource: Resource, surroundings: FunctionSurroundings): LambdaFunction {
  const { deployment, endpoint } = surroundings;
  const properties = deployment.properties(resource);
  const name = deployment.id(resource);
  const runtime = String(properties.Runtime ?? '');
  if (!runtime.startsWith('nodejs')) throw new Error(`the local cloud runs functions of Node.js only, ${name} asks for ${runtime || 'a container image'}`);
  const logging = (properties.LoggingConfig ?? {}) as Record<string, string>;
  const logGroup = logging.LogGroup ?? `/aws/lambda/${name}`;
  const directory = codeDirectory(resource, surroundings);
  const memoryMb = Number(properties.MemorySize ?? 128);
  const traced = (properties.TracingConfig as { Mode?: string } | undefined)?.Mode === 'Active';
  const declared = (properties.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};

  return {
    name,
    arn: deployment.attribute(resource, 'Arn'),
    logGroup,
    directory,
    runtime,
    timeoutMs: Number(properties.Timeout ?? 3) * 1000,
    memoryMb,
    concurrency: properties.ReservedConcurrentExecutions === undefined ? undefined : Number(properties.ReservedConcurrentExecutions),
    traced,
    // Nothing of this machine's own environment, as a function has nothing of its builder's.
    environment: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'en_US.UTF-8',
      TZ: ':UTC',
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]local`,
      AWS_LAMBDA_LOG_FORMAT: logging.LogFormat ?? 'Text',
      AWS_ACCESS_KEY_ID: surroundings.accessKeyOf(String(properties.Role)),
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_SESSION_TOKEN: 'local',
      AWS_ENDPOINT_URL: endpoint,
      ...surroundings.certificates !== undefined && { NODE_EXTRA_CA_CERTS: surroundings.certificates },
      // In Lambda handlers run on the Node.js of their runtime; on an older one here the SDK would say so in every process.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: String(properties.Handler),
      ...Object.fromEntries(Object.entries(declared).map(([key, value]) => [key, surroundings.localise(String(value))])),
    },
  };
}

function codeDirectory(resource: Resource, { deployment, workDirectory }: FunctionSurroundings): string {
  const code = (deployment.property(resource, 'Code') ?? {}) as { S3Key?: string; ZipFile?: string };
  const own = join(workDirectory, `${resource.stack.name}-${resource.logicalId}`);
  if (code.ZipFile !== undefined) {
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'index.js'), code.ZipFile);
    return own;
  }
  const asset = resource.stack.assets.get(code.S3Key ?? '');
  if (!asset) throw new Error(`the code of ${resource.stack.name}/${resource.logicalId} is not among the assembly's assets: ${JSON.stringify(code)}`);
  if (asset.packaging === 'zip') return asset.path;
  unzip(asset.path, own);
  return own;
}
