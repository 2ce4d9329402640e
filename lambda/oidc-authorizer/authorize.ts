import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import type { AuthorizationRequest } from './request';
import type { Tokens } from '../ports/tokens';

export type Decision = { readonly allowed: APIGatewayAuthorizerResult } | { readonly refused: string };

/** Lets the bearer of a genuine token in, to every method of the API's stage: API Gateway keeps the decision for the requests that follow. */
export async function authorize({ token, methodArn, socket }: AuthorizationRequest, tokens: Tokens): Promise<Decision> {
  if (token === undefined) return { refused: 'no bearer token' };
  const verdict = await tokens.verify(token);
  if (!verdict.genuine) return { refused: verdict.reason };
  const { subject, claims } = verdict;
  const [api, stage] = methodArn.split('/');
  return {
    allowed: {
      principalId: subject,
      policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${api}/${stage}/*` }] },
      context: {
        issuer: String(claims.iss),
        ...(typeof claims.scope === 'string' && { scope: claims.scope }),
        ...groupsIn(claims),
        claims: JSON.stringify(claims),
        ...(socket && { expires: String(claims.exp) }),
      },
    },
  };
}

/** API Gateway hands on texts only; a name with a comma in it would be read as two. */
function groupsIn({ groups }: Readonly<Record<string, unknown>>): { readonly groups?: string } {
  if (!Array.isArray(groups)) return {};
  const names = groups.filter((group): group is string => typeof group === 'string' && !group.includes(','));
  return names.length > 0 ? { groups: names.join(',') } : {};
}
