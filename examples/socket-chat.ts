import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ChatbotApi, Transport } from '../lib';

/** A chat whose clients open one connection and have many turns over it; a turn outlives the connection. */
export class SocketChatStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You are a friendly assistant. Answer in the language of the question, briefly.',
      transport: Transport.webSocket(),
    });
    chat.addAlarms();
    chat.addDashboard();

    new CfnOutput(this, 'Url', { value: chat.url });
  }
}
