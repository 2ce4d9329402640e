import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/** The Regions that a geography's profiles are called from; a geography that is not here, and `global`, may be called from anywhere. */
const REGIONS: Readonly<Record<string, RegExp>> = {
  'us': /^us-(?!gov-)/,
  'us-gov': /^us-gov-/,
  'eu': /^(eu|il)-/,
  'jp': /^ap-northeast-[13]$/,
  'au': /^ap-southeast-[246]$/,
  'in': /^ap-south-[12]$/,
  'ca': /^ca-/,
  'apac': /^(ap|me)-/,
};

/** Warns where a profile is asked for from outside its geography: it deploys, and then every call fails. */
export function warnOfFarGeography(scope: IConstruct, what: string, prefix: string, offered?: readonly string[]): void {
  const { region } = Stack.of(scope);
  if (Token.isUnresolved(region) || Token.isUnresolved(prefix) || !(prefix in REGIONS) || REGIONS[prefix].test(region)) return;
  const near = [...Object.keys(REGIONS).filter((other) => REGIONS[other].test(region)), ...(offered ? ['global'] : [])]
    .filter((other) => offered?.includes(other) ?? true).map(geographyName);
  const way = near.length > 0 ? `choose ${near.join(' or ')}, or deploy to a Region of ${geographyName(prefix)}` : `deploy to a Region of ${geographyName(prefix)}`;
  Annotations.of(scope).addWarningV2('cdk-genai-patterns:farGeography', `${what} is ${geographyName(prefix)}, whose profiles are called from its own Regions, and the stack is in ${region}: ${way}`);
}

/** As it is written in code. */
export const geographyName = (prefix: string) => `Geography.${prefix.toUpperCase().replace('-', '_')}`;
