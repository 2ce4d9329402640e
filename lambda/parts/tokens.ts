/** Verifies bearer tokens, where nothing in front of the handler does. */
export { oidcTokens } from '../adapters/oidc-tokens';
