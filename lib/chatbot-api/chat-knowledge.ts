import { Stack } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type IKnowledge } from '../knowledge';
import { CalledService } from '../posture';

/** What a chat's code needs beside it to look documents up. */
export const KNOWLEDGE_PARTS = ['knowledge', 's3-links'];

/** What a chat's code calls to look documents up. */
export const KNOWLEDGE_CALLS = [CalledService.BEDROCK_AGENT_RUNTIME];

/** Lets the chat look documents up, and says how as its handler reads it; empty where there are none. */
export function knowledgePolicy(scope: IConstruct, role: IGrantable, knowledge?: IKnowledge): string {
  return knowledge ? Stack.of(scope).toJsonString(knowledge.bind(scope, role)._policy) : '';
}
