import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { type Construct } from 'constructs';
import { ChatbotApi, Geography, Model, ModelRouter, ModelSplit, RequestTrait } from '../lib';

/** A chat that takes a model for each request: code to a careful one, a fifth of the rest to one on trial, and another where one fails. */
export class RoutedChatStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const everyday = Model.standard();
    const trial = Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-haiku-5-5', { name: 'trial' });
    const careful = Model.crossRegion(Geography.GLOBAL, 'anthropic.claude-sonnet-5-5', { name: 'careful' });

    const chat = new ChatbotApi(this, 'Chat', {
      systemPrompt: 'You are a friendly assistant. Answer in the language of the question, briefly.',
      model: new ModelRouter({
        model: new ModelSplit([{ model: everyday, weight: 4 }, { model: trial, weight: 1 }]),
        rules: [
          { name: 'code', when: [RequestTrait.code()], use: careful },
          { name: 'long-for-staff', when: [RequestTrait.tokensOver(8_000), RequestTrait.userGroup('staff')], use: careful },
        ],
        fallback: [careful, everyday],
        firstTokenTimeout: Duration.seconds(5),
        selectable: true,
      }),
    });
    chat.addAlarms();
    chat.addDashboard();

    new CfnOutput(this, 'Url', { value: chat.url });
  }
}
