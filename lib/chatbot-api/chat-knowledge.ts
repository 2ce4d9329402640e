import { Stack } from 'aws-cdk-lib';
import { type IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IConstruct } from 'constructs';
import { type ChatCode } from './chat-host';
import { type AuthBinding } from '../api/auth-binding';
import { requireHeldClaim } from '../api/held-claims';
import { fail } from '../internal/validation';
import { type IKnowledge, type KnowledgeBinding } from '../knowledge';
import { needsOf } from '../knowledge/knowledge-needs';
import { CalledService } from '../posture';

/** What a chat's code needs beside it to look documents up. */
export function knowledgeParts(knowledge?: IKnowledge): readonly string[] {
  return knowledge ? ['knowledge', 's3-links', ...needsOf(knowledge)?.parts ?? []] : [];
}

/** What a chat's code calls to look documents up. */
export function knowledgeCalls(knowledge?: IKnowledge): readonly CalledService[] {
  return knowledge ? needsOf(knowledge)?.calls ?? [CalledService.BEDROCK_AGENT_RUNTIME] : [];
}

/** Where a chat's code runs that looks documents up; `byChat` says where it would run without them. */
export function knowledgePlace(knowledge: IKnowledge | undefined, byChat: ChatCode['place']): ChatCode['place'] {
  const place = knowledge && needsOf(knowledge)?.place;
  return place ? (scope, calls) => place(scope, calls, byChat) : byChat;
}

/** Whether a chat connects to a database to look documents up. */
export function knowledgeConnects(knowledge?: IKnowledge): boolean {
  return knowledge !== undefined && needsOf(knowledge)?.connects === true;
}

/** Lets the chat look documents up, and says how as its handler reads it; empty where there are none. */
export function knowledgePolicy(scope: IConstruct, auth: AuthBinding, role: IGrantable, knowledge?: IKnowledge): string {
  if (!knowledge) return '';
  const { caller, proof } = auth;
  // What is no knowledge may have a method of that name, too.
  const policy = (knowledge.bind(scope, role) as Partial<KnowledgeBinding> | undefined)?._policy
    ?? fail(scope, "'knowledge' must be a construct of documents, whose 'bind' gives a KnowledgeBinding, got another: give one such as new DiyRag(this, 'Rag') or new ManagedRag(this, 'Rag')");
  const claim = policy.tenant?.claim ?? policy.identity;
  if (claim !== undefined) requireHeldClaim(scope, 'knowledge.retrieval.tenant.claim', claim, auth);
  if (claim !== undefined && (caller === 'iam' || caller === 'apiKey')) {
    fail(scope, `'knowledge' must have no tenants and name nobody with ${proof}, because they hold no claims and every caller would be refused, got the claim '${claim}': `
      + 'take ApiAuth.cognito(), ApiAuth.oidc() or ApiAuth.lambda()');
  }
  return Stack.of(scope).toJsonString(policy);
}
