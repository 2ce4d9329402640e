import { readFileSync } from 'fs';
import { join } from 'path';
import type { Resource } from './assembly/assembly';
import type { Deployment } from './assembly/deployment';
import { ACCOUNT, REGION } from './assembly/identity';
import type { AwsService } from './aws/service';
import { modelAddress } from './bedrock/access';
import type { Faults } from './bedrock/faults';
import type { Guardrail } from './bedrock/guardrail';
import { guardrailFromTemplate } from './bedrock/guardrail-template';
import { OpenAiServer } from './bedrock/openai-server';
import { RealBedrock } from './bedrock/real-bedrock';
import { bedrockRuntime } from './bedrock/runtime';
import type { KnowledgePolicy } from '../lib/contract/knowledge';
import type { ModelFacts } from '../lib/contract/model';
import { ROUTING_FILE, type RoutingTable } from '../lib/contract/routing';
import { SummaryPolicy } from '../lib/contract/summary';

export interface ModelOptions {
  /** An OpenAI-compatible server in the place of the models: `http://127.0.0.1:11434/v1?model=name`. @default - the local model */
  readonly modelUrl?: string;
  /** Calls the real Bedrock with this machine's own AWS credentials. @default false */
  readonly bedrock?: boolean;
  /** Pause of the local model between two words. @default 0 */
  readonly wordGapMs?: number;
  /** Gap between two words while the fault `slow` is set. @default 1000 */
  readonly slowGapMs?: number;
}

/** The Bedrock runtime with the guardrails, profiles and models that a deployment speaks of. */
export function deployedBedrock(deployment: Deployment, faults: Faults, { modelUrl, bedrock, wordGapMs, slowGapMs }: ModelOptions): AwsService {
  if (modelUrl !== undefined && bedrock) throw new Error("only one of 'modelUrl' and 'bedrock' may say who answers");
  const answerer = modelUrl !== undefined ? openAiServer(modelUrl) : bedrock ? new RealBedrock() : undefined;
  const profiles = applicationProfiles(deployment);
  return bedrockRuntime({
    account: ACCOUNT,
    faults,
    wordGapMs,
    slowGapMs,
    answerer,
    models: modelRules(deployment, profiles),
    promptRouters: new Map(toldFacts(deployment).flatMap(({ id, behind }) => behind ? [[id, behind.map((each) => each.id)]] : [])),
    applicationProfiles: profiles,
    guardrails: guardrails(deployment),
  });
}

/** Why the model's server will not answer as it stands; undefined when it will, and when there is none. */
export async function modelProblem({ modelUrl }: ModelOptions): Promise<string | undefined> {
  const problem = modelUrl === undefined ? undefined : await openAiServer(modelUrl).problem();
  return problem && `The model's server is not ready: ${problem}. Chats fail until it is.`;
}

function openAiServer(url: string): OpenAiServer {
  return new OpenAiServer({ url, apiKey: process.env.OPENAI_API_KEY });
}

/** ARN of each application inference profile, with what it copies. */
function applicationProfiles(deployment: Deployment): Map<string, string> {
  return new Map(deployment.resources('AWS::Bedrock::ApplicationInferenceProfile').map((profile) => [
    deployment.ref(profile), String((deployment.property(profile, 'ModelSource') as { CopyFrom?: string } | undefined)?.CopyFrom),
  ]));
}

/** The guardrails that are defined here, by id. */
function guardrails(deployment: Deployment): Map<string, Guardrail> {
  return new Map(deployment.resources('AWS::Bedrock::Guardrail').map((guardrail) => [deployment.id(guardrail), guardrailFromTemplate(deployment.properties(guardrail))]));
}

/** The models of a router: their ids are in the environment, the rest beside the code. */
function routedModels(ids: readonly string[], { models }: RoutingTable): ModelFacts[] {
  return ids.map((id, place) => ({ ...models[place], id }));
}

/** A function's files lie in a folder, a task's in one file of JSON. */
function routingTable(runs: Resource, { CODE_KEY }: Readonly<Record<string, string>>, deployment: Deployment): RoutingTable {
  const { S3Key = CODE_KEY } = (deployment.property(runs, 'Code') ?? {}) as { S3Key?: string };
  const asset = runs.stack.assets.get(S3Key ?? '');
  if (!asset) throw new Error(`the code of ${runs.stack.name}/${runs.logicalId}, with what its router decides by, is not among the assembly's assets`);
  const text = CODE_KEY ? (JSON.parse(readFileSync(asset.path, 'utf8')) as Record<string, string>)[ROUTING_FILE] : readFileSync(join(asset.path, ROUTING_FILE), 'utf8');
  return JSON.parse(text) as RoutingTable;
}

/** What a function or the container of a task reads from its environment. */
function environmentOf(runs: Resource, deployment: Deployment): Readonly<Record<string, string>> {
  const { Environment, ContainerDefinitions: containers = [] } = deployment.properties(runs) as Environments;
  return Environment?.Variables ?? Object.fromEntries(containers.flatMap((container) => container.Environment ?? []).map(({ Name, Value }) => [Name, Value]));
}

interface Environments {
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> };
  readonly ContainerDefinitions?: readonly { readonly Environment?: readonly { readonly Name: string; readonly Value: string }[] }[];
}

/** The models that say what is looked up. */
function askedModels({ rewriting, expansion }: KnowledgePolicy): ModelFacts[] {
  return [rewriting?.by === 'model' ? rewriting.model : undefined, expansion?.model].flatMap((model) => model ?? []);
}

/** What the functions and tasks were told of their models. */
function toldFacts(deployment: Deployment): ModelFacts[] {
  return deployment.resources('AWS::Lambda::Function', 'AWS::ECS::TaskDefinition').flatMap((runs) => {
    const variables = environmentOf(runs, deployment);
    const summing = variables.SUMMARY ? [(JSON.parse(variables.SUMMARY) as SummaryPolicy).facts] : [];
    const answering = variables.ROUTED_MODELS ? routedModels(JSON.parse(variables.ROUTED_MODELS) as string[], routingTable(runs, variables, deployment)) : [];
    const searching = variables.KNOWLEDGE ? askedModels(JSON.parse(variables.KNOWLEDGE) as KnowledgePolicy) : [];
    return [...variables.MODEL ? [JSON.parse(variables.MODEL) as ModelFacts] : [], ...answering, ...summing, ...searching];
  });
}

/** What the functions were told of their models is what the local Bedrock holds them to. */
function modelRules(deployment: Deployment, profiles: ReadonlyMap<string, string>): (bareId: string, modelId: string) => ModelFacts | undefined {
  const facts = toldFacts(deployment);
  // By the id that is called: the name is what the builder likes to call the model.
  const bareIdOf = ({ id }: ModelFacts) => modelAddress(id, { region: REGION, account: ACCOUNT }, profiles).model;
  return (bareId, modelId) => facts.find(({ id }) => id === modelId) ?? facts.find((known) => bareIdOf(known) === bareId);
}
