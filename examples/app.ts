import { App } from 'aws-cdk-lib';
import { ChatbotApiStack } from './chatbot-api';

/** Every example by the name that `cdk deploy -c example=…` and `npm start …` know it by. */
export const EXAMPLES = {
  'chatbot-api': (app: App) => new ChatbotApiStack(app, 'ChatbotApi'),
};

/** Adds the named example to the app, or every one. */
export function addExamples(app: App, name?: string) {
  const examples: Readonly<Record<string, (app: App) => unknown>> = EXAMPLES;
  if (name !== undefined && !(name in examples)) throw new Error(`'${name}' is no example; there are ${Object.keys(EXAMPLES).join(', ')}`);
  for (const [key, define] of Object.entries(examples)) if (name === undefined || name === key) define(app);
}

if (require.main === module) {
  const app = new App();
  addExamples(app, process.env.EXAMPLE ?? app.node.tryGetContext('example'));
  app.synth();
}
