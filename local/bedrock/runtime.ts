import { guardrailArn, modelAddress, modelAuthorizations, Place } from './access';
import { Answerer, ConverseEvent, ConverseRequest } from './converse';
import { EVENT_STREAM, eventFrame } from './event-stream';
import { Faults } from './faults';
import { gather } from './gathered';
import { LocalModel } from './local-model';
import { AwsFailure } from '../aws/failure';
import { Authorization, AwsReply, AwsRequest, AwsService } from '../aws/service';

export interface BedrockRuntimeOptions {
  readonly account: string;
  readonly faults?: Faults;
  /** Who answers. @default - the local model, without pauses */
  readonly answerer?: Answerer;
  /** ARN of each application inference profile and the model or profile it copies. */
  readonly applicationProfiles?: ReadonlyMap<string, string>;
}

/** The Bedrock runtime, as far as our templates use it. */
export function bedrockRuntime(options: BedrockRuntimeOptions): AwsService {
  const answerer = options.answerer ?? new LocalModel({ wordGapMs: 0 });
  const profiles = options.applicationProfiles ?? new Map<string, string>();
  return {
    name: 'bedrock',
    authorizations(request) {
      const { operation, modelId } = route(request);
      const place: Place = { region: request.region, account: options.account };
      const body = parse(request);
      const guardrail = body.guardrailConfig;
      const action = operation === 'converse' ? 'bedrock:InvokeModel' : 'bedrock:InvokeModelWithResponseStream';
      const decisions: Authorization[] = modelAuthorizations(action, modelAddress(modelId, place, profiles), place);
      return guardrail ? [...decisions, { action: 'bedrock:ApplyGuardrail', resource: guardrailArn(guardrail.guardrailIdentifier, place) }] : decisions;
    },
    async handle(request) {
      const { operation, modelId } = route(request);
      const events = answerer.answer(modelId, parse(request), request.signal);
      return operation === 'converse' ? json(await gather(events)) : { status: 200, headers: { 'content-type': EVENT_STREAM }, body: frames(events) };
    },
  };
}

function route({ method, path }: AwsRequest): { operation: 'converse' | 'converse-stream'; modelId: string } {
  const parts = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path);
  if (method !== 'POST' || !parts) throw new AwsFailure('UnknownOperationException', 404, `the local Bedrock has no ${method} ${path}`);
  return { operation: parts[2] as 'converse', modelId: decodeURIComponent(parts[1]) };
}

function parse({ body }: AwsRequest): ConverseRequest {
  return JSON.parse(body.toString('utf8')) as ConverseRequest;
}

function json(body: object): AwsReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function* frames(events: AsyncIterable<ConverseEvent>): AsyncIterable<Buffer> {
  for await (const event of events) yield eventFrame(event);
}
