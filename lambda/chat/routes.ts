import { completions } from './completions';
import { deleteConversation, renameConversation } from './conversation-edits';
import { listConversations, readConversation } from './conversations';
import { giveFeedback } from './feedback';
import { createFile, deleteFile, readFile } from './files';
import { models } from './models';
import { openAiProtocol } from './openai-stream';
import { resumeTurn } from './resume';
import type { ChatPolicy } from './settings';
import { stopTurn } from './stop';
import type { AnswerPorts, TurnPorts } from './turn';
import { readUiHistory } from './ui-history';
import { nothingToResume, uiProtocol } from './ui-stream';
import { CHAT_ROUTES, FILE_ROUTES } from '../../lib/contract/chat';
import type { Route } from '../kit/endpoint';
import type { PublishMetrics } from '../kit/metrics';
import type { ConversationEdits } from '../ports/conversation-edits';

export interface ChatPorts extends TurnPorts {
  readonly edits: ConversationEdits;
}

/** The routes of a chat that keeps nothing, by method and resource. */
export function statelessRoutes(policy: ChatPolicy, ports: AnswerPorts, publish: PublishMetrics): Record<string, Route> {
  return {
    [name(CHAT_ROUTES.completions)]: completions(openAiProtocol, policy, ports, publish),
    [name(CHAT_ROUTES.models)]: models(policy.models.offer),
    ...fileRoutes(policy, ports),
    [name(CHAT_ROUTES.uiMessages)]: completions(uiProtocol(false), policy, ports, publish),
    [name(CHAT_ROUTES.uiResume)]: nothingToResume,
  };
}

function fileRoutes({ attachments }: ChatPolicy, { objects, clock }: AnswerPorts): Record<string, Route> {
  if (!attachments) return {};
  return {
    [name(FILE_ROUTES.upload)]: createFile(attachments, objects, clock),
    [name(FILE_ROUTES.file)]: readFile(attachments, objects),
    [name(FILE_ROUTES.fileRemoval)]: deleteFile(objects),
  };
}

/** The routes of a chat that keeps conversations. */
export function chatRoutes(policy: ChatPolicy, ports: ChatPorts, publish: PublishMetrics): Record<string, Route> {
  return {
    ...statelessRoutes(policy, ports, publish),
    [name(CHAT_ROUTES.conversations)]: listConversations(ports.conversations, ports.clock),
    [name(CHAT_ROUTES.conversation)]: readConversation(ports),
    [name(CHAT_ROUTES.uiHistory)]: readUiHistory(ports),
    [name(CHAT_ROUTES.uiMessages)]: completions(uiProtocol(true), policy, ports, publish),
    [name(CHAT_ROUTES.uiResume)]: resumeTurn(uiProtocol(true), ports.log, ports.conversations, ports.clock),
    [name(CHAT_ROUTES.resume)]: resumeTurn(openAiProtocol, ports.log, ports.conversations, ports.clock),
    [name(CHAT_ROUTES.stop)]: stopTurn(ports.log, ports.clock),
    [name(CHAT_ROUTES.renaming)]: renameConversation(ports.edits, ports.clock),
    [name(CHAT_ROUTES.removal)]: deleteConversation(ports.edits, ports.objects, ports.clock),
    [name(CHAT_ROUTES.feedback)]: giveFeedback(ports, policy.models, publish),
  };
}

function name({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`;
}
