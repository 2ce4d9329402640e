import { Annotations, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';
import { formatsWithoutReader } from './chat-attachments';
import { type QuotaLimit } from './chat-quotas';
import { type ChatbotApiProps, type ChatGeneration } from './chatbot-api-props';
import { answerTokens } from './generation-policy';
import { Sampling } from '../model';
import { type BoundModels } from '../model/bound-models';

/** Tells of props that change nothing for the models of this chat, or let no turn begin: no error, for another model would heed them. */
export function warnOfIdleProps(scope: IConstruct, props: ChatbotApiProps, models: BoundModels) {
  warnOfIdleSampling(scope, props.generation, models);
  warnOfTightQuotas(scope, props, models);
  const idle = formatsWithoutReader(props.conversations?.attachments, models.inputs);
  if (idle.length > 0) {
    warn(scope, 'formatsWithoutReader', `'conversations.attachments.formats' lets nobody attach ${idle.join(', ')}, because ${models.name} does not read them: `
      + "leave them out, or take a model that does, with 'capabilities: { inputs: [...] }' where the catalogue does not know that it does");
  }
}

function warnOfIdleSampling(scope: IConstruct, { temperature, topP }: ChatGeneration = {}, { candidates, name }: BoundModels) {
  const taken = candidates.map(({ capabilities: { sampling } }) => sampling);
  const say = "say 'capabilities: { sampling: Sampling.BOTH }' of the model where the catalogue does not know that it does, or leave";
  if (taken.every((sampling) => sampling === Sampling.NONE)) {
    for (const [prop, value] of Object.entries({ temperature, topP })) {
      if (value !== undefined) warn(scope, `${prop}WithoutEffect`, `'generation.${prop}' has no effect, because ${name} takes neither temperature nor top_p: ${say} it out`);
    }
  } else if (temperature !== undefined && topP !== undefined && !taken.includes(Sampling.BOTH)) {
    warn(scope, 'topPWithoutEffect', `'generation.topP' has no effect beside 'generation.temperature', because ${name} takes only one of them in a request: ${say} one out`);
  }
}

/** A turn reserves its prompt and its longest answer: where a limit holds no more than the answer, no turn begins. */
function warnOfTightQuotas(scope: IConstruct, { quotas, generation }: ChatbotApiProps, { candidates, outputTokens }: BoundModels) {
  const { user, groups = [] } = quotas ?? {};
  const longest = answerTokens(generation, outputTokens);
  if (Token.isUnresolved(longest)) return;
  const least = Math.min(longest, ...candidates.map(({ capabilities }) => capabilities.outputTokens));
  const check = (prop: string, limits: readonly QuotaLimit[] = []) => {
    const tight = limits.find(({ tokens }) => tokens !== undefined && !Token.isUnresolved(tokens) && tokens <= least);
    if (!tight) return;
    warn(scope, 'quotaBelowAnswer', `'${prop}.tokens' is ${tight.tokens}, and every turn reserves its prompt and the ${least} tokens of its longest answer: all are refused whose client `
      + "does not ask for less with 'max_tokens'. Raise the limit, or lower 'generation.maxTokens'");
  };
  check('quotas.user', user);
  for (const { name, member, together } of groups) {
    check(`quotas.groups[${name}].member`, member);
    check(`quotas.groups[${name}].together`, together);
  }
}

function warn(scope: IConstruct, id: string, message: string) {
  Annotations.of(scope).addWarningV2(`cdk-genai-patterns:${id}`, message);
}
