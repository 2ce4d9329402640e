import { guardrailArn, ModelAddress, modelAddress, modelAuthorizations, Place, portableId } from './access';
import { checkConversation } from './conversation-rules';
import { Answerer, ConverseEvent, ModelCall } from './converse';
import { embeddingAnswer } from './embeddings';
import { type FaultKind, Faults } from './faults';
import { gather } from './gathered';
import { guardedAnswer } from './guarded-answer';
import { applyGuardrail, Guardrail } from './guardrail';
import { LocalModel } from './local-model';
import { checkModelId, checkModelLimits, ModelRules } from './model-rules';
import { Operation, readOperation } from './operation';
import { measure } from './prompt-cache';
import { chosenModel, traced } from './prompt-router';
import { refuse } from './refusal';
import { streamReply } from './stream-reply';
import { invented, StreamException, strikeBefore, struck } from './struck';
import { AwsFailure } from '../aws/failure';
import { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';

export interface BedrockRuntimeOptions {
  readonly account: string;
  /** What the service knows of a model, by its bare id and the id in the request; a model it does not know is refused. @default - any id is taken, and the model's own limits are not enforced */
  readonly models?: (bareId: string, modelId: string) => ModelRules | undefined;
  /** Who answers. @default - the local model */
  readonly answerer?: Answerer;
  /** Pause of the local model between two words: 0 for tests, about 25 to look at. @default 0 */
  readonly wordGapMs?: number;
  /** @default - nothing goes wrong */
  readonly faults?: Faults;
  /** Gap between two tokens under the fault `slow`. @default 1000 */
  readonly slowGapMs?: number;
  /** By id. @default - none; a request that names one is refused */
  readonly guardrails?: ReadonlyMap<string, Guardrail>;
  /** ARN of each application inference profile and the ARN or id of what it copies. @default - none; a request that names one is refused */
  readonly applicationProfiles?: ReadonlyMap<string, string>;
  /** ARN of each prompt router and the ids of the models behind it. @default - none; a request that names one is refused */
  readonly promptRouters?: ReadonlyMap<string, readonly string[]>;
}

/** The Bedrock runtime, as far as our templates use it. */
export function bedrockRuntime(options: BedrockRuntimeOptions): AwsService {
  const runtime = new BedrockRuntime(options);
  return { name: 'bedrock', authorizations: (request) => runtime.authorizations(request), handle: (request) => runtime.handle(request) };
}

const ACTIONS = {
  Converse: 'bedrock:InvokeModel',
  ConverseStream: 'bedrock:InvokeModelWithResponseStream',
  CountTokens: 'bedrock:CountTokens',
} as const;

type ModelOperation = Exclude<Operation, { name: 'ApplyGuardrail' | 'InvokeModel' }>;

class BedrockRuntime {
  private readonly answerer: Answerer;
  private readonly faults: Faults;

  constructor(private readonly options: BedrockRuntimeOptions) {
    this.answerer = options.answerer ?? new LocalModel({ wordGapMs: options.wordGapMs ?? 0 });
    this.faults = options.faults ?? new Faults();
  }

  authorizations(call: AwsRequest): Authorization[] {
    const operation = readOperation(call);
    const place: Place = { region: call.region, account: this.options.account };
    if (operation.name === 'ApplyGuardrail') return [{ action: 'bedrock:ApplyGuardrail', resource: guardrailArn(operation.guardrail, place) }];
    if (operation.name === 'InvokeModel') return modelAuthorizations('bedrock:InvokeModel', this.addressOf(operation.modelId, call), place);
    const guardrail = operation.request.guardrailConfig;
    const arn = guardrail && guardrailArn(guardrail.guardrailIdentifier, place);
    const context: Record<string, string> = arn ? { 'bedrock:GuardrailIdentifier': `${arn}:${guardrail.guardrailVersion}` } : {};
    const routed = this.behind(operation) !== undefined;
    return [
      ...(routed ? [{ action: ACTIONS[operation.name], resource: operation.modelId, context }] : []),
      ...modelAuthorizations(ACTIONS[operation.name], this.address(operation, call), place, context),
      ...(arn ? [{ action: 'bedrock:ApplyGuardrail', resource: arn }] : []),
    ];
  }

  async handle(call: AwsRequest): Promise<AwsReply> {
    const operation = readOperation(call);
    if (operation.name === 'ApplyGuardrail') return json(applyGuardrail(this.guardrail(operation.guardrail), operation.request));
    if (operation.name === 'InvokeModel') return this.embedded(operation, call);
    const rules = this.checked(operation, call);
    if (operation.name === 'CountTokens') return json({ inputTokens: measure(operation.request).total });

    const fault = this.faults.take(operation.modelId);
    strikeBefore(fault);
    const said = this.answers(operation, rules, call, fault);
    const answers = this.behind(operation) === undefined ? said : traced(said, this.calledArn(operation, call));
    const events = struck(fault, answers, this.options.slowGapMs ?? 1_000, call.signal);
    return operation.name === 'ConverseStream' ? streamReply(events) : json(await whole(events));
  }

  private embedded({ modelId, request }: Extract<Operation, { name: 'InvokeModel' }>, call: AwsRequest): AwsReply {
    strikeBefore(this.faults.take(modelId));
    const { body, tokens } = embeddingAnswer(this.addressOf(modelId, call).model, request);
    return { ...json(body), headers: { 'content-type': 'application/json', 'x-amzn-bedrock-input-token-count': String(tokens) } };
  }

  private checked(operation: ModelOperation, call: AwsRequest): ModelRules | undefined {
    const { modelId, request } = operation;
    const address = this.address(operation, call);
    const rules = address.model === undefined ? undefined : this.options.models?.(address.model, modelId);
    if (this.options.models || address.arn) checkModelId(modelId, address, rules);
    checkConversation(request);
    if (rules) checkModelLimits(modelId, request, operation.name === 'ConverseStream', rules);
    return rules;
  }

  private answers(operation: ModelOperation, rules: ModelRules | undefined, http: AwsRequest, fault: FaultKind): AsyncIterable<ConverseEvent> {
    const { name, request } = operation;
    const modelId = portableId(this.address(operation, http));
    const call: ModelCall = { modelId, request, streaming: name === 'ConverseStream', cacheMinimum: rules?.cacheMinimum, signal: http.signal };
    const { guardrailConfig: config } = request;
    const answerer: Answerer = fault === 'invented' ? { answer: (asks) => invented(this.answerer.answer(asks)) } : this.answerer;
    return config ? guardedAnswer(this.guardrail(config.guardrailIdentifier), config, call, answerer) : answerer.answer(call);
  }

  private behind({ modelId, request }: ModelOperation): string | undefined {
    return chosenModel(this.options.promptRouters ?? new Map<string, string[]>(), modelId, request);
  }

  private calledArn(operation: ModelOperation, call: AwsRequest): string {
    const { profileArn, model } = this.address(operation, call);
    return profileArn ?? `arn:aws:bedrock:${call.region}::foundation-model/${model}`;
  }

  private address(operation: ModelOperation, call: AwsRequest): ModelAddress {
    return this.addressOf(this.behind(operation) ?? operation.modelId, call);
  }

  private addressOf(modelId: string, { region }: AwsRequest): ModelAddress {
    const { account, applicationProfiles = new Map<string, string>() } = this.options;
    return modelAddress(modelId, { region, account }, applicationProfiles);
  }

  private guardrail(identifier: string): Guardrail {
    const id = identifier.slice(identifier.lastIndexOf('/') + 1);
    return this.options.guardrails?.get(id)
      ?? refuse(`The guardrail identifier or version provided in the request does not exist. The local cloud runs no stack that defines '${id}'`);
  }
}

/** Converse answers with an error status where ConverseStream sends an exception. */
async function whole(events: AsyncIterable<ConverseEvent>): Promise<object> {
  try {
    return await gather(events);
  } catch (error) {
    if (!(error instanceof StreamException)) throw error;
    if (error.type === 'throttlingException') throw new AwsFailure('ThrottlingException', 429, error.message);
    throw new AwsFailure('ModelErrorException', 424, error.message);
  }
}

function json(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
