import type { KeptSession, SessionKey, Sessions } from '../../../lambda/ports/sessions';

/** Sessions in memory, by the same conditions as in their table. */
export class MemorySessions implements Sessions {
  readonly kept = new Map<string, KeptSession>();
  /** Run before a write is looked at, once each. */
  readonly meanwhile: (() => void)[] = [];

  async find(key: SessionKey, now: number) {
    return this.living(key, now);
  }

  async keep(key: SessionKey, session: Omit<KeptSession, 'version'>, before: KeptSession | undefined, now: number) {
    this.meanwhile.shift()?.();
    if (this.living(key, now)?.version !== before?.version) return false;
    this.kept.set(nameOf(key), { ...session, version: (before?.version ?? 0) + 1 });
    return true;
  }

  async forget(key: SessionKey, now: number) {
    const lived = this.living(key, now) !== undefined;
    this.kept.delete(nameOf(key));
    return lived;
  }

  private living(key: SessionKey, now: number) {
    const session = this.kept.get(nameOf(key));
    return session && session.expiresAt * 1000 > now ? session : undefined;
  }
}

function nameOf({ owner, tenant, id }: SessionKey): string {
  return JSON.stringify([owner, tenant, id]);
}
