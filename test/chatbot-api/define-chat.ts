import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ChatbotApi, type ChatbotApiProps } from '../../lib';

/** A chat in a stack of its own; `props` may need the stack for what they refer to. */
export function defineChat(props: ChatbotApiProps | ((stack: Stack) => ChatbotApiProps) = {}) {
  const stack = new Stack(new App(), 'Test');
  const chat = new ChatbotApi(stack, 'Chat', typeof props === 'function' ? props(stack) : props);
  return { stack, chat, template: () => Template.fromStack(stack) };
}
