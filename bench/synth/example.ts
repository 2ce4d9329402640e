import { App } from 'aws-cdk-lib';
import { ChatbotApiStack } from '../../examples/chatbot-api';

const app = new App();
new ChatbotApiStack(app, 'ChatbotApi');
app.synth();
