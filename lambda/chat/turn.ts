import { repairPrompt } from './answer-format';
import type { ChatRequest } from './asked';
import { keepAttachments, recallAttachments } from './attachments';
import { firstStanding, type Standing, standingOf } from './branch';
import type { MessageIds } from './encoder';
import { type Ask, formedAnswer, type Repair } from './formed-answer';
import { GroundedTurn, type KnowledgePorts, withoutLinks } from './grounded-turn';
import { answersCalls, type History, NOTHING_SAID, recall, tokensOf } from './history';
import { HookedTurn } from './hooked-turn';
import { later } from './later';
import { messageId } from './message-id';
import { Meter } from './meter';
import { overheard } from './overheard';
import { buildPrompt, requireRoom } from './prompt';
import { once } from './repeat';
import type { ChatPolicy } from './settings';
import { spilled, whole } from './spill';
import { sumUpBehind } from './summary';
import { type Manner, told } from './told';
import { failureOf, portions, TurnLogWriter } from './turn-log';
import type { TurnContext, TurnEvent } from './turn-terms';
import { remembered, withinWindow } from './window';
import { CONVERSATION_HEADER } from '../../lib/contract/chat';
import type { Files } from '../generation/attachment';
import { type Candidate, type Generated, generate, type GenerationEvent, type Limits } from '../generation/generation';
import { isBlank, textOf } from '../generation/normalise';
import type { Asker, Models } from '../generation/routing/models';
import { turnUsage } from '../generation/usage';
import { BadRequest, Busy } from '../kit/http';
import type { Clock } from '../ports/clock';
import type { ChatMessage, Conversations, OpenTurn, StoredMessage, TurnEnd } from '../ports/conversations';
import type { Hooks } from '../ports/hooks';
import type { JsonSchemas } from '../ports/json-schemas';
import type { Model } from '../ports/model';
import type { Objects } from '../ports/objects';
import type { Quotas } from '../ports/quotas';
import type { Summaries } from '../ports/summaries';
import type { KeyedTurn, TurnKeys } from '../ports/turn-keys';
import type { TurnLog } from '../ports/turn-log';

export interface AnswerPorts {
  readonly model: Model;
  /** What is too large for a conversation's items, and what callers sent. */
  readonly objects: Objects;
  /** What holds answers to the schemas of callers. */
  readonly schemas: JsonSchemas;
  readonly clock: Clock;
  /** Absent where the builder hooks no functions into turns. */
  readonly hooks?: Hooks;
  /** Absent where callers may take what they like. */
  readonly quotas?: Quotas;
  /** Absent where answers are given from no documents. */
  readonly knowledge?: KnowledgePorts;
}

/** A chat that keeps conversations has these too. */
export interface TurnPorts extends AnswerPorts {
  readonly conversations: Conversations;
  readonly log: TurnLog;
  readonly keys: TurnKeys;
  /** Absent where nothing is summed up. */
  readonly summaries?: Summaries;
}

/** The lock of a turn outlives its process by this much, for clocks differ. */
const LOCK_SLACK_MS = 5_000;
const TITLE_LENGTH = 80;

/** One turn: what the model answers to a request, kept where the request names a conversation. */
export function takeTurn(request: ChatRequest, policy: ChatPolicy, context: TurnContext, ports: AnswerPorts | TurnPorts): AsyncIterable<TurnEvent> {
  const { conversationId: id, key } = request;
  const hooked = new HookedTurn(request, policy, context, ports.hooks);
  if (id === undefined) return hooked.around(answerOnce(hooked, policy, context, ports));
  if (!('conversations' in ports)) {
    throw new BadRequest('conversation_id',
      `This API keeps no conversations: leave out 'conversation_id' and the header '${CONVERSATION_HEADER}', and send the whole conversation in 'messages'.`,
      'unsupported_parameter');
  }
  if (!key) return hooked.around(converse(hooked, id, policy, context, ports));
  const claim = (before: KeyedTurn | undefined) => (turn: OpenTurn) => ports.keys.claim(turn, key, before);
  return once({ conversation: { owner: context.caller, id }, key, reader: context },
    (before) => hooked.around(converse(hooked, id, policy, context, ports, claim(before))), ports);
}

function answerOnce(hooked: HookedTurn, policy: ChatPolicy, context: TurnContext, ports: AnswerPorts): AsyncIterable<TurnEvent> {
  const how = howAsked(hooked, policy, context, ports);
  return later(async () => how.meter.around(answer(await hooked.before(), NOTHING_SAID, policy, { ...how, limits: context }, ports)));
}

interface Asked {
  readonly asker: Asker;
  readonly limits: Limits;
  readonly manner?: Manner;
  readonly meter: Meter;
  /** Absent where answers are given from no documents. */
  readonly grounded?: GroundedTurn;
  /** What is attached to all that the model is shown; absent where the request brings everything. */
  readonly files?: (history: readonly ChatMessage[]) => Promise<Files>;
}

function howAsked({ manner }: HookedTurn, policy: ChatPolicy, context: TurnContext, { quotas, knowledge, model, clock }: AnswerPorts): Pick<Asked, 'asker' | 'manner' | 'meter' | 'grounded'> {
  const grounded = policy.knowledge && knowledge && new GroundedTurn(policy.knowledge, context, { ...knowledge, model, clock });
  return { asker: context, manner, meter: new Meter(policy, context, quotas, clock), grounded };
}

function answer(...asked: Parameters<typeof answering>): AsyncIterable<GenerationEvent> {
  return later(() => answering(...asked));
}

async function answering(
  asked: ChatRequest, history: History, policy: ChatPolicy, { asker, limits, files, manner, meter, grounded }: Asked, ports: AnswerPorts,
): Promise<AsyncIterable<GenerationEvent>> {
  const { model, objects, schemas, clock } = ports;
  const { models, route, ...chosen } = await policy.models.choose(asked, asker);
  const said = [...history.exchanges.flatMap(({ messages }) => messages), ...asked.messages];
  const looked = limits.stop?.aborted ? undefined : await grounded?.lookUp(said, models[0]);
  if (grounded && looked?.passages.length === 0) {
    // A request it is, though no model is asked to answer it.
    await meter.admit({ tokens: 0, maxTokens: 0 });
    return meter.listen(grounded.unanswered(looked, models[0]));
  }
  const request: ChatRequest = { ...asked, grounds: looked };
  const choice = { ...chosen, ...(looked && { spent: [...chosen.spent ?? [], ...looked.spent] }) };
  const candidates = models.map((facts): Candidate => {
    const decided = { ...policy, facts };
    const prompt = async () => {
      const shown = await whole(remembered(history, request, decided), objects);
      const built = buildPrompt(files ? { ...request, files: await files(shown) } : request, shown, decided);
      requireRoom(built, decided);
      await meter.admit(built);
      return built;
    };
    return { facts, prompt };
  });
  const ask: Ask = (repair) => {
    const again = repair && candidates.filter(({ facts }) => facts.id === repair.modelId).map((candidate) => repaired(candidate, repair));
    return meter.listen(generate({ ...again ? {} : choice, candidates: again ?? candidates, reason: route }, model, clock, limits));
  };
  const events = watched(request.format ? formedAnswer(ask, request.format, schemas) : ask(), policy.models);
  const sounding = manner ? told(events, manner, clock) : events;
  // A document by a schema has no place for marks.
  return grounded && looked && !request.format ? grounded.cited(sounding, looked) : sounding;
}

function repaired(candidate: Candidate, repair: Repair): Candidate {
  return { ...candidate, prompt: async () => repairPrompt(await candidate.prompt(), repair.answer, repair.problems) };
}

/** Remembers which models were refused for load, for whoever chooses next. */
function watched(events: AsyncIterable<GenerationEvent>, { throttled }: Models): AsyncIterable<GenerationEvent> {
  return throttled ? overheard(events, (event) => event.type === 'retry' && event.reason === 'throttled' && throttled(event.model)) : events;
}

async function* converse(
  hooked: HookedTurn, id: string, policy: ChatPolicy, context: TurnContext, ports: TurnPorts, claim: (turn: OpenTurn) => Promise<boolean> = async () => true,
): AsyncGenerator<TurnEvent, void> {
  const { conversations, clock } = ports;
  const now = clock.now();
  const expiresAt = policy.retentionSeconds === undefined ? undefined : Math.ceil(now / 1000) + policy.retentionSeconds;
  const turn = await conversations.begin({
    conversation: { owner: context.caller, id }, turnId: context.runId, now, until: context.until + LOCK_SLACK_MS, expiresAt,
  });
  if (!turn) throw busy(id);

  const letGo = () => conversations.release(turn).catch(() => undefined);
  const claimed = await claim(turn).catch(async (error: unknown) => {
    await letGo();
    throw error;
  });
  if (!claimed) {
    await letGo();
    throw busy(id);
  }
  const stop = new AbortController();
  // Before the hook is asked, which may take longer than a turn may be silent.
  const log = new TurnLogWriter(ports.log, turn, clock, () => stop.abort());
  let end: { end: TurnEnd; ids: MessageIds } | undefined;
  let failure: unknown;
  try {
    const request = await hooked.before();
    const identity = { turnId: turn.turnId, messageId: messageId({ turn: turn.number, index: request.messages.length }) };
    log.tell({ ...context.telling, messageId: identity.messageId });
    yield { type: 'begin', ...identity };
    const standing = turn.fresh ? firstStanding(request.branch) : await standingOf(conversations, turn.conversation, request.branch, now);
    const all = { ...request, messages: [...await whole(standing.asked, ports.objects), ...request.messages] };
    const summaries = turn.fresh ? undefined : await ports.summaries?.newestFirst(turn.conversation);
    const history = await recall(standing.before, { tokens: policy.historyTokens, needed: answersCalls(all.messages), summaries, now });
    const limits = { signal: context.signal, stop: stop.signal };
    const files = (shown: readonly ChatMessage[]) => recallAttachments(all, shown, turn.conversation, ports.objects);
    const how = { ...howAsked(hooked, policy, context, ports), asker: { ...context, stop: stop.signal }, limits, files };
    for await (const event of how.meter.around(withinWindow(history, (left) => answer(all, left, policy, how, ports)))) {
      if (event.type === 'finish') {
        const ended = clock.now();
        const messages = await spilled(messagesOf(turn, standing, request, event, ended, history.length), turn, ports.objects);
        await keepAttachments(request, turn.conversation, ports.objects);
        await conversations.commit(turn, messages, { title: titleOf(request.messages), now: ended, branches: branchesOff(turn, request, standing) });
        const ids = idsOf(identity.messageId, turn, request, standing);
        end = { end: messages[messages.length - 1].end!, ids };
        if (event.stopped) context.outlast(settle(turn, messages.length - 1, event, conversations));
        const spent = sumUpBehind(turn, history, [...standing.asked, ...messages.map(({ message }) => message)], end.end, policy, context, ports);
        if (spent) {
          how.meter.spent(spent.tokens);
          yield spent;
        }
        yield { ...event, ids };
      } else if (event.type === 'retry' || event.type === 'spent') {
        yield event;
      } else {
        for (const portion of portions(event)) {
          log.add(portion);
          yield portion;
        }
      }
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // Best effort: a lock that stays behind ends by itself, and the error that led here is the one to tell.
    if (!end) await letGo();
    const closed = log.close(end ?? { failure: failureOf(failure) });
    context.outlast(closed.then(() => log.failures > 0 && context.note({ logFailures: log.failures })));
  }
}

function busy(id: string): Busy {
  return new Busy('conversation_busy', `Another turn of the conversation '${id}' is still running, or it is being deleted.`, 2);
}

function idsOf(answered: string, { number: turn }: OpenTurn, { messages }: ChatRequest, { parent, follows }: Standing): MessageIds {
  const asked = messages.length > 0 ? { turn, index: messages.length - 1 } : parent;
  return { message_id: answered, user_message_id: asked ? messageId(asked) : null, parent_message_id: follows ? messageId(follows) : null };
}

/** An answer that was stopped is kept before it is known what it cost. */
async function settle(turn: OpenTurn, index: number, { facts, asides, stopped }: Generated, conversations: Conversations): Promise<void> {
  const tokens = await stopped;
  if (tokens) await conversations.settle(turn, index, { ...turnUsage(facts, tokens, asides) });
}

/** A turn after the newest goes on with its line; one that names another place may have brothers there. */
function branchesOff({ newest }: OpenTurn, { branch }: ChatRequest, { parent }: Standing): boolean {
  return branch !== undefined && !(branch.how === 'after' && parent !== undefined && parent.turn === newest);
}

function messagesOf(turn: OpenTurn, { parent, asked }: Standing, request: ChatRequest, finish: Generated, createdAt: number, before: number): StoredMessage[] {
  const kept = [...request.messages, withoutLinks(finish.message)].map((message, index): StoredMessage => ({
    turn: turn.number,
    index,
    ...(index === 0 && parent && { parent }),
    message,
    createdAt: index < request.messages.length ? turn.now : createdAt,
    expiresAt: turn.expiresAt,
  }));
  const end: TurnEnd = {
    finishReason: finish.reason,
    ...(finish.route !== undefined && { model: finish.facts.name, route: finish.route }),
    ...(finish.tokens && { usage: { ...turnUsage(finish.facts, finish.tokens, finish.asides) } }),
    ...(finish.stopped && { stopped: true }),
    ...(finish.reason === 'content_filter' && { excluded: true }),
    length: finish.reason === 'content_filter' ? before : before + tokensOf([...asked, ...kept.map(({ message }) => message)]),
  };
  return [...kept.slice(0, -1), { ...kept[kept.length - 1], end }];
}

function titleOf(messages: readonly ChatMessage[]): string {
  const first = messages.find(({ role, content }) => role === 'user' && !isBlank(textOf(content)));
  const words = [...textOf(first?.content ?? '').trim().replace(/\s+/g, ' ')];
  return words.length > TITLE_LENGTH ? `${words.slice(0, TITLE_LENGTH - 1).join('')}…` : words.join('');
}
