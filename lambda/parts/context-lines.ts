import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ContextPolicy } from '../../lib/contract/diy-rag';
import { bedrockModel } from '../adapters/bedrock-model';
import { type ContextPorts, contextWriter } from '../chunk/context';
import type { ContextWriter } from '../ports/context-lines';

/** A model that writes a line for each chunk. One attempt a call: the core tries again. */
export function openContextWriter(policy: ContextPolicy, ports: Omit<ContextPorts, 'model'>): ContextWriter {
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true });
  const model = bedrockModel(new BedrockRuntimeClient({ maxAttempts: 1, requestHandler }), { refusedExtra: () => undefined });
  return contextWriter(policy, { ...ports, model });
}
