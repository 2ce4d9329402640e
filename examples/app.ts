import { App } from 'aws-cdk-lib';
import { ChatbotApiStack } from './chatbot-api';
import { ChatbotApiRegulatedStack } from './chatbot-api-regulated';
import { DiyRagStack } from './diy-rag';
import { DiyRagRegulatedStack } from './diy-rag-regulated';
import { GroundedChatStack } from './grounded-chat';
import { ManagedRagStack } from './managed-rag';
import { ManagedRagRegulatedStack } from './managed-rag-regulated';
import { RoutedChatStack } from './routed-chat';
import { SocketChatStack } from './socket-chat';
import { StructuredKnowledgeStack } from './structured-knowledge';

/** Every example, by the name that `cdk deploy -c example=…` and `npm start …` take. */
export const EXAMPLES = {
  'chatbot-api': (app: App) => new ChatbotApiStack(app, 'ChatbotApi'),
  'chatbot-api-regulated': (app: App) => new ChatbotApiRegulatedStack(app, 'ChatbotApiRegulated'),
  'diy-rag': (app: App) => new DiyRagStack(app, 'DiyRag'),
  'diy-rag-regulated': (app: App) => new DiyRagRegulatedStack(app, 'DiyRagRegulated'),
  'grounded-chat': (app: App) => new GroundedChatStack(app, 'GroundedChat'),
  'managed-rag': (app: App) => new ManagedRagStack(app, 'ManagedRag'),
  'managed-rag-regulated': (app: App) => new ManagedRagRegulatedStack(app, 'ManagedRagRegulated'),
  'routed-chat': (app: App) => new RoutedChatStack(app, 'RoutedChat'),
  'socket-chat': (app: App) => new SocketChatStack(app, 'SocketChat'),
  'structured-knowledge': (app: App) => new StructuredKnowledgeStack(app, 'StructuredKnowledge'),
};

/** Adds the named example to the app, or every one. */
export function addExamples(app: App, name?: string) {
  const examples = Object.entries<(app: App) => unknown>(EXAMPLES).filter(([example]) => name === undefined || name === example);
  if (examples.length === 0) throw new Error(`there is no example '${name}', only ${Object.keys(EXAMPLES).join(', ')}`);
  for (const [, add] of examples) add(app);
}

if (require.main === module) {
  const app = new App();
  addExamples(app, process.env.EXAMPLE ?? app.node.tryGetContext('example'));
  app.synth();
}
