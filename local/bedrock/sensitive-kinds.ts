/**
 * Personal information that can be told by its shape, by the service's names of it. The service reads names, addresses and much else with a
 * model; what is written differently from these is not found here.
 */
const SHAPES: Readonly<Record<string, string>> = {
  EMAIL: String.raw`[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}`,
  PHONE: String.raw`(?<![\w+])(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,4}[ .-]?\d{3,4}(?!\w)`,
  URL: String.raw`\bhttps?://[^\s<>"']*[^\s<>"'.,;:!?)\]]`,
  IP_ADDRESS: String.raw`(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\w)`,
  MAC_ADDRESS: String.raw`\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b`,
  CREDIT_DEBIT_CARD_NUMBER: String.raw`(?<![\w-])\d{4}([ -]?)\d{4}\1\d{4}\1\d{4}(?![\w-])`,
  INTERNATIONAL_BANK_ACCOUNT_NUMBER: String.raw`\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b`,
  US_SOCIAL_SECURITY_NUMBER: String.raw`(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])`,
  AWS_ACCESS_KEY: String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
};

/** What finds a kind of personal information, or undefined where only a model could. */
export function shapeOf(kind: string): RegExp | undefined {
  const shape = SHAPES[kind];
  return shape === undefined ? undefined : new RegExp(shape, 'g');
}
