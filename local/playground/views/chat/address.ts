/**
 * The open conversation stands in the address, so that it survives a reload and can be shared; whose it is the server knows.
 * What was asked stands beside it until it is answered.
 */
export function remember(id: string | undefined, asked?: string): void {
  history.replaceState(asked === undefined ? undefined : { id, asked }, '', id ? `#conversation=${encodeURIComponent(id)}` : location.pathname);
}

export function askedBefore(id: string | undefined): string | undefined {
  const state = history.state as { id?: string; asked?: string } | null;
  return state?.id === id ? state?.asked : undefined;
}

export function rememberedConversation(): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get('conversation') ?? undefined;
}
