import {
  BedrockRuntimeClient, BedrockRuntimeClientConfig, BedrockRuntimeServiceException, ConverseCommand, ConverseCommandInput, ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { Answerer, ConverseEvent, ModelCall } from './converse';
import { ConverseAnswer, eventsOf } from './gathered';
import { StreamException } from './struck';
import { AwsFailure, ConnectionCut } from '../aws/failure';

/** Passes calls on to Bedrock itself, with the credentials and the region of whoever started the local cloud. */
export class RealBedrock implements Answerer {
  private client?: Promise<BedrockRuntimeClient>;

  constructor(private readonly config: BedrockRuntimeClientConfig = {}) {}

  async* answer({ modelId, request, streaming, signal }: ModelCall): AsyncIterable<ConverseEvent> {
    const input = { ...withBytes(request) as object, modelId } as ConverseCommandInput;
    let began = false;
    try {
      const client = await (this.client ??= connect(this.config));
      if (!streaming) {
        const { output, stopReason, usage, metrics, trace, serviceTier } = await client.send(new ConverseCommand(input), { abortSignal: signal });
        yield* eventsOf(withBase64({ output, stopReason, usage, metrics, trace, serviceTier }) as ConverseAnswer);
        return;
      }
      const { stream } = await client.send(new ConverseStreamCommand(input), { abortSignal: signal });
      began = true;
      for await (const event of stream ?? []) yield withBase64(event) as ConverseEvent;
    } catch (error) {
      throw signal.aborted ? error : translated(error as Error, began);
    }
  }
}

/** The address is named, so that an endpoint override meant for the handlers does not lead back here. */
async function connect(config: BedrockRuntimeClientConfig): Promise<BedrockRuntimeClient> {
  // The handler repeats what failed, as it does in AWS.
  const options = { ...config, maxAttempts: 1 };
  if (config.endpoint) return new BedrockRuntimeClient(options);
  const region = await new BedrockRuntimeClient(options).config.region();
  return new BedrockRuntimeClient({ ...options, region, endpoint: `https://bedrock-runtime.${region}.amazonaws.com` });
}

function translated(error: Error & { $metadata?: { httpStatusCode?: number } }, began: boolean): Error {
  const { name, message } = error;
  if (began) {
    const spoken = error instanceof BedrockRuntimeServiceException;
    return spoken ? new StreamException(name.charAt(0).toLowerCase() + name.slice(1), message) : new ConnectionCut(message);
  }
  const status = error.$metadata?.httpStatusCode;
  if (status === undefined || status < 400) return new AwsFailure('ServiceUnavailableException', 503, `Bedrock could not be reached: ${name}: ${message}`);
  return new AwsFailure(name, status, message);
}

/** Values that belong to the user and are passed on as they are, whatever their names. */
const OPAQUE = ['input', 'json', 'additionalModelRequestFields'];

const BINARY = ['bytes', 'redactedContent'];

/** On the wire bytes are base64; the client wants bytes. */
function withBytes(value: unknown): unknown {
  return mapFields(value, (key, field) => typeof field === 'string' && BINARY.includes(key) ? Buffer.from(field, 'base64') : undefined);
}

function withBase64(value: unknown): unknown {
  return mapFields(value, (_, field) => field instanceof Uint8Array ? Buffer.from(field).toString('base64') : undefined);
}

function mapFields(value: unknown, replace: (key: string, field: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapFields(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, OPAQUE.includes(key) ? field : replace(key, field) ?? mapFields(field, replace)]);
  return Object.fromEntries(fields);
}
