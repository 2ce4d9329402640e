import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentCoreMemory } from './agentcore/memory';
import { readAssembly } from './assembly/assembly';
import { CustomResources } from './assembly/custom-resources';
import { Deployment } from './assembly/deployment';
import { deployGates } from './assembly/gates';
import { REGION } from './assembly/identity';
import { startAwsEndpoint } from './aws/endpoint';
import { bedrockBatchJobs } from './bedrock/batch-jobs';
import { Faults } from './bedrock/faults';
import { localCertificate } from './certificates';
import { Issuer, type TokenOptions } from './cognito/issuer';
import { Issuers } from './cognito/issuers';
import { UserPools, type UserTokens } from './cognito/pools';
import { LoadBalancers } from './container/balancer';
import { credentialsOf, credentialsPath } from './container/credentials';
import { localContainerUrls, readContainerServices } from './container/definition';
import { LocalTask } from './container/task';
import { Desk } from './desk/desk';
import { OwnShelf } from './desk/own-shelf';
import { dynamoDb } from './dynamodb/service';
import { startCaches } from './elasticache/caches';
import { Eventing, type Events } from './events/eventing';
import { localFunctionUrls, readFunctionUrls } from './function-url/definition';
import { FunctionUrls } from './function-url/gateway';
import { type LocalApi, localApis, localUrls } from './gateway/addresses';
import { readRestApis } from './gateway/api';
import { functionsBehind } from './gateway/functions';
import { Gateway } from './gateway/gateway';
import { localIdentities } from './gateway/identities';
import type { LocalIdentity } from './gateway/signature';
import { Usage } from './gateway/usage';
import { Principals } from './iam/principals';
import type { IamReport } from './iam/report';
import { deployedKnowledge, type Knowledge } from './knowledge/service';
import { deployedFunctions, replaceFunctions } from './lambda/deployed';
import { findNode, type NodeBinary } from './lambda/node';
import type { FunctionPool } from './lambda/pool';
import { type DeadLetter, lambdaService } from './lambda/service';
import { bundleWorker } from './lambda/worker-bundle';
import { CloudLogs, type LogLine } from './logs';
import { deployedBedrock, type ModelOptions, modelProblem } from './models';
import { startCollections } from './opensearch/collections';
import { synthesize } from './prepare';
import { accessKeyOf, readPrincipals } from './principals';
import { type Databases, startDatabases } from './rds/databases';
import { s3 } from './s3/service';
import { s3Vectors, vectorIndexes } from './s3vectors/service';
import { type Secrets, secretsManager } from './secrets/secrets';
import { serveLoopback } from './server';
import { Site } from './site';
import { type Textract, textract, type ToldScan } from './textract/service';
import { told } from './told';
import { readSocketApis } from './websocket/api';
import { SocketGateway, type SocketLimits } from './websocket/gateway';
import { connectionsService } from './websocket/management';
import { localSocketUrls } from './websocket/urls';

export interface CloudOptions extends ModelOptions {
  /** Folder that `cdk synth` wrote. @default - the example is synthesized */
  readonly assembly?: string;
  /** Name of an example of this repository, or what the page shall call the assembly. @default - the stacks' names */
  readonly example?: string;
  /** Public port on loopback; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Most processes of one function. @default 16 */
  readonly processes?: number;
  /** Shorter times than WebSocket APIs have. @default - those of API Gateway */
  readonly socketLimits?: Partial<SocketLimits>;
  /** Told what the person at the terminal should know: denied calls, refusals, failed requests. @default - nobody */
  readonly onNotice?: (line: string) => void;
  /** Told what is begun, for whoever waits. @default - nobody */
  readonly onStep?: (what: string) => void;
}

export interface LocalSession {
  readonly example: string;
  /** A fresh ID token of each local user, from the first user pool. */
  readonly users: UserTokens;
  /** The same from the user pool that a stack's API trusts, by the stack's name. */
  readonly pools: Readonly<Record<string, UserTokens>>;
  /** What each REST API answers, and the tokens that it trusts, by its address. */
  readonly apis: Readonly<Record<string, LocalApi>>;
  /** An IAM identity for each local user, for APIs that want signed requests. */
  readonly identities: Readonly<Record<string, LocalIdentity>>;
  /** Values of the API keys, by their ids. */
  readonly apiKeys: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface LocalCloud {
  /** Address of the playground. */
  readonly url: string;
  /** Where AWS answers, for clients of a test that hold the access key of a role. */
  readonly endpoint: string;
  /** Of each stack, as `cdk deploy --outputs-file` writes them. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly session: LocalSession;
  readonly faults: Faults;
  /** Every line that was logged so far, as it grows. */
  readonly logs: readonly LogLine[];
  /** The first line, past or to come, for which the test holds. */
  waitForLog(test: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** Tells of every line that is logged from now on. */
  followLogs(listener: (line: LogLine) => void): void;
  /** A token for any user: expired, with other claims, or from a user pool that is not the API's. */
  mintToken(user: string, options?: TokenOptions & { readonly foreign?: boolean }): string;
  /** Knowledge bases: what they have indexed, how fast, and what shall go wrong. */
  readonly knowledge: Knowledge;
  /** Documents that the stack reads: what there is, how far each has come, and more of them. */
  readonly desk: Desk;
  /** What scans say, for there is nobody here who reads pictures; how long that takes, and what shall go wrong. */
  readonly textract: Textract;
  /** Queues, schedules and the events of buckets. */
  readonly events: Events;
  /** Clusters of Aurora PostgreSQL. */
  readonly databases: Pick<Databases, 'look' | 'clusterArns'>;
  /** What secrets hold; those that stacks import are given their text here. */
  readonly secrets: Pick<Secrets, 'put' | 'find'>;
  /** Events that functions did not take, in the queues that the template names for them. */
  readonly deadLetters: readonly DeadLetter[];
  /** Does the last step of a stack's deployment, or of all: asks each evaluation gate, and fails with what CloudFormation would show where one lets nothing through. */
  deployGates(stack?: string): Promise<void>;
  /** What each role was granted, against what it used. */
  report(): Promise<IamReport>;
  /** What the assembly holds and this machine cannot run, counted by type. */
  readonly leftOut: ReadonlyMap<string, number>;
  /** The Node.js that runs the handlers. */
  readonly node: NodeBinary;
  /** By their ARNs: how each is deployed, and what its processes have taken. */
  readonly functions: ReadonlyMap<string, Pick<FunctionPool, 'lambda' | 'taken'>>;
  /** The runtimes that the functions ask for. */
  readonly runtimes: readonly string[];
  /** Deploys another assembly of the same stacks over what runs: functions and roles as they are there; what else there is has to be the same. */
  update(assembly: string): Promise<void>;
  stop(): Promise<void>;
}

/** Deploys a cloud assembly to this machine and serves it until it is stopped. */
export async function startCloud(options: CloudOptions): Promise<LocalCloud> {
  const undo: (() => unknown)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await deploy(options, undo, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function deploy(options: CloudOptions, undo: (() => unknown)[], stop: () => Promise<void>): Promise<LocalCloud> {
  const { onNotice = () => undefined, onStep = () => undefined } = options;
  const workDirectory = mkdtempSync(join(tmpdir(), 'local-cloud-'));
  const sweep = () => rmSync(workDirectory, { recursive: true, force: true });
  // A process that ends in the middle of its start has nobody to call stop().
  process.once('exit', sweep);
  undo.push(sweep, () => process.off('exit', sweep));
  const deployment = new Deployment(readAssembly(options.assembly ?? await synthesizeInto(workDirectory, options)));
  const logs = new CloudLogs();
  const faults = new Faults();

  onStep('Starting the services of the stack');
  const tables = dynamoDb();
  undo.push(() => tables.stop());
  const buckets = s3();
  buckets.createBuckets(deployment);
  const principals = new Principals();
  readPrincipals(deployment).forEach((principal) => principals.add(principal));
  // Functions are read after the endpoint that they call.
  const functions = new Map<string, FunctionPool>();
  const deadLetters: DeadLetter[] = [];
  const door: { gateway?: Gateway; urls?: FunctionUrls; balancers?: LoadBalancers; issuers?: Issuers; sockets?: SocketGateway; site?: Site } = {};
  const functionOf = (functionArn: string) => functions.get(functionArn.split(':').slice(0, 7).join(':'));
  const giveUp = (letter: DeadLetter) => {
    deadLetters.push(letter);
    // The role of the function sends it; its queue needs no policy for that.
    eventing.queues.find(letter.queueArn)?.send({ body: letter.event }, letter.functionArn);
  };
  const lambda = lambdaService({ functionOf, deployment, onNotice, onDeadLetter: giveUp });
  const eventing = new Eventing({ deployment, principals, buckets: buckets.buckets, lambda, functionOf, onNotice });
  const connections = connectionsService(() => door.sockets);
  const memories = deployment.resources('AWS::BedrockAgentCore::Memory').map((memory) => deployment.id(memory));
  const model = deployedBedrock(deployment, faults, options);
  const knowledge = deployedKnowledge({ deployment, principals, buckets: buckets.buckets, model, functionOf, onNotice });
  undo.push(() => knowledge.stop());
  const desk = new Desk([knowledge.shelf, new OwnShelf(deployment, tables, buckets.buckets)], buckets.buckets);
  const vectors = s3Vectors();
  vectors.createIndexes(vectorIndexes(deployment));
  const scans = textract(buckets.buckets);
  const secrets = secretsManager();
  secrets.createSecrets(deployment);
  const collections = await startCollections(deployment, { principals, onNotice });
  undo.push(() => collections.stop());
  const batches = bedrockBatchJobs({ buckets: buckets.buckets, principals, onNotice });
  const tls = localCertificate(workDirectory);
  const databases = await startDatabases(deployment, { certificate: tls.certificate, principals, secrets, onNotice, onStep });
  undo.push(() => databases.stop());
  const services = [
    tables, buckets, vectors, collections.service, ...knowledge.services, batches, model, agentCoreMemory(() => memories), lambda, connections, secrets, scans,
    databases.service, ...eventing.services,
  ];
  const endpoint = await startAwsEndpoint({
    services,
    principals,
    onDenied: ({ message }) => onNotice(message),
    onNotice,
  });
  undo.push(() => endpoint.stop());

  // The public port is bound before anything is resolved: the outputs and the functions' environment speak of it.
  const apis = readRestApis(deployment);
  const socketApis = readSocketApis(deployment);
  const functionUrls = readFunctionUrls(deployment);
  const containers = readContainerServices(deployment);
  for (const { bucket, key, path } of containers.flatMap(({ assets }) => assets)) buckets.placeAsset(bucket, key, readFileSync(path));
  const server = await serveLoopback(options.port ?? 0, (incoming, outgoing) => {
    if ([door.gateway, door.urls, door.balancers, door.issuers].some((front) => front?.handle(incoming, outgoing))) return;
    void door.site?.handle(incoming, outgoing);
  }, (incoming, stream, head) => door.sockets?.handle(incoming, stream, head) ?? false);
  undo.push(() => server.stop());
  for (const host of ['127.0.0.1', 'localhost']) buckets.trust(`http://${host}:${new URL(server.url).port}`);
  const caches = await startCaches(deployment, { certificate: tls.certificate, principals, onNotice });
  undo.push(() => caches.stop());
  const certificates = caches.services.length + databases.services.length > 0 ? tls.file : undefined;
  const localise = (text: string) => [
    (known: string) => caches.localise(known),
    (known: string) => databases.localise(known),
    (known: string) => collections.localise(known),
    (known: string) => localUrls(known, server.url, apis),
    (known: string) => localSocketUrls(known, { door: server.url, aws: endpoint.url }, socketApis),
    (known: string) => localFunctionUrls(known, server.url, functionUrls),
    (known: string) => localContainerUrls(known, server.url, containers),
    (known: string) => Issuers.localKeys(known, server.url),
    (known: string) => eventing.localise(known, endpoint.url),
  ].reduce((known, step) => step(known), text);

  const [script, problem] = await Promise.all([bundleWorker(workDirectory), modelProblem(options), tables.createTables(deployment)]);
  if (problem !== undefined) onNotice(problem);
  const node = findNode();
  const surroundings = { workDirectory, endpoint: endpoint.url, certificates, accessKeyOf, localise };
  const place = (from: Deployment) => deployedFunctions({ ...surroundings, deployment: from }, { node: node.path, script, logs, processes: options.processes });
  place(deployment).forEach((pool, functionArn) => functions.set(functionArn, pool));
  undo.push(() => Promise.all([...functions.values()].map((pool) => pool.stop())));
  undo.push(eventing.start());

  const userPools = new UserPools(deployment);
  const identities = localIdentities();
  const byAccessKey = new Map([...identities.values()].map((identity) => [identity.accessKeyId, identity]));
  const usage = new Usage(deployment);
  const outputs = Object.fromEntries(Object.entries(deployment.outputs())
    .map(([stack, values]) => [stack, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, localise(value)]))]));
  const session = (): LocalSession => ({
    example: options.example ?? deployment.stacks.map(({ name }) => name).join(', '),
    users: userPools.tokens(),
    pools: userPools.tokensByStack(),
    apis: localApis(apis, server.url, userPools),
    identities: Object.fromEntries(identities),
    apiKeys: Object.fromEntries(usage.keys.map(({ id, value }) => [id, value])),
    outputs,
  });

  const report = () => principals.report([...services.map(({ name }) => name), ...caches.services, ...databases.services, ...knowledge.stores]);

  door.gateway = new Gateway({ apis, usage, logs, onNotice, pools: userPools, identities: byAccessKey, functionOf });
  door.urls = new FunctionUrls({ urls: functionUrls, identities: byAccessKey, functionOf, onNotice });
  door.issuers = new Issuers(userPools);
  const tasks = containers.map((service) => new LocalTask(service, {
    node: node.path, logs, endpoint: endpoint.url, certificates, credentials: `${server.url}${credentialsPath(service)}`, localise, onNotice,
  }));
  const balancers = door.balancers = new LoadBalancers(tasks, onNotice);
  undo.push(() => balancers.stop(), () => Promise.all(tasks.map((task) => task.stop())));
  const sockets = door.sockets = new SocketGateway({ apis: socketApis, logs, onNotice, identities: byAccessKey, functionOf, limits: options.socketLimits });
  undo.push(() => sockets.stop());
  door.site = await Site.build({
    get: {
      ...credentialsOf(containers),
      '/local/session': session,
      '/local/faults': () => faults.current,
      '/local/knowledge': knowledge.indexed,
      '/local/documents': () => desk.folders(),
      '/local/report': report,
      '/local/logs': () => logs.newest(),
    },
    put: {
      '/local/faults': (fault) => {
        faults.set(fault as Faults['current']);
        return faults.current;
      },
      ...told('/local/knowledge/faults', knowledge.faults),
      ...told('/local/knowledge/rows', knowledge.queries),
      '/local/documents': (document) => desk.upload(document),
      '/local/documents/removal': (document) => desk.remove(document),
      '/local/scans': (said) => scans.tell(said as ToldScan[]),
      '/local/schedules': (wanted) => eventing.fire(String((wanted as { name?: unknown }).name ?? '')),
    },
  });
  for (const api of apis) for (const pool of functionsBehind(api, functions)) pool.warm();
  for (const { functionArn } of functionUrls) functionOf(functionArn)?.warm();
  const customResources = new CustomResources(async (functionArn, event) => functionOf(functionArn)?.call(event), onStep);
  await customResources.apply(deployment);
  eventing.tellOfStacks('CREATE_COMPLETE');
  for (const { routes } of socketApis) for (const { functionArn } of routes.values()) functionOf(functionArn ?? '')?.warm();

  return {
    url: `${server.url}/`,
    endpoint: endpoint.url,
    outputs,
    session: session(),
    faults,
    knowledge,
    desk,
    textract: scans,
    events: eventing,
    secrets,
    databases,
    deadLetters,
    deployGates: (stack) => deployGates(stack, deployment, functionOf),
    report,
    async update(assembly) {
      const next = new Deployment(readAssembly(assembly));
      readPrincipals(next).forEach((principal) => principals.add(principal));
      await replaceFunctions(functions, place(next)).then(() => customResources.apply(next));
      eventing.tellOfStacks('UPDATE_COMPLETE');
    },
    stop,
    node,
    functions,
    leftOut: deployment.leftOut(),
    logs: logs.lines,
    followLogs: (listener) => logs.follow(listener),
    waitForLog: (test, timeoutMs) => logs.waitFor(test, timeoutMs),
    mintToken: (user, { foreign, ...tokenOptions } = {}) => (foreign ? new Issuer(`${REGION}_foreign00`, 'foreign') : userPools.first()).token(user, tokenOptions),
    runtimes: [...new Set([...functions.values()].map((pool) => pool.lambda.runtime))],
  };
}

async function synthesizeInto(directory: string, { example, onStep }: CloudOptions): Promise<string> {
  if (!example) throw new Error("one of 'assembly' and 'example' must say what to deploy");
  onStep?.(`Synthesizing the example ${example}`);
  await synthesize(example, join(directory, 'cdk.out'));
  return join(directory, 'cdk.out');
}
