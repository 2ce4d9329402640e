import type { Deployment } from '../assembly/deployment';

/** A function's own URL, with what guards it. */
export interface FunctionUrl {
  readonly id: string;
  readonly functionArn: string;
  /** Where it answers, below the public address. */
  readonly basePath: string;
  readonly signed: boolean;
  /** Whether anybody may call it, as far as the function's own policy goes. */
  readonly open: boolean;
  readonly streams: boolean;
  readonly cors?: Cors;
}

interface Cors {
  readonly AllowOrigins?: readonly string[];
  readonly AllowMethods?: readonly string[];
  readonly AllowHeaders?: readonly string[];
  readonly ExposeHeaders?: readonly string[];
  readonly MaxAge?: number;
}

/** The URLs of a deployment's functions. */
export function readFunctionUrls(deployment: Deployment): FunctionUrl[] {
  const permissions = deployment.resources('AWS::Lambda::Permission').map((permission) => deployment.properties(permission));
  return deployment.resources('AWS::Lambda::Url').map((resource) => {
    const properties = deployment.properties(resource);
    const functionArn = String(properties.TargetFunctionArn);
    const allows = (action: string) => permissions.some(({ FunctionName, Principal, Action }) => FunctionName === functionArn && Principal === '*' && Action === action);
    return {
      id: deployment.id(resource),
      functionArn,
      basePath: `/${resource.stack.name}/${resource.logicalId}`,
      signed: properties.AuthType === 'AWS_IAM',
      // Since October 2025 a URL asks for both.
      open: allows('lambda:InvokeFunctionUrl') && allows('lambda:InvokeFunction'),
      streams: properties.InvokeMode === 'RESPONSE_STREAM',
      cors: properties.Cors as Cors | undefined,
    };
  });
}

/** Turns `https://<id>.lambda-url.<region>.on.aws` into the address on this machine. */
export function localFunctionUrls(text: string, door: string, urls: readonly FunctionUrl[]): string {
  return text.replace(/https:\/\/([a-z0-9]+)\.lambda-url\.[a-z0-9-]+\.on\.aws/g, (address, id: string) => {
    const url = urls.find((candidate) => candidate.id === id);
    return url ? `${door}${url.basePath}` : address;
  });
}
