import type { FailedDocument, JobLease, JobLeases, OpenDocument, OpenDocuments, PendingDocument, SourceGates, SourceState } from '../../../lambda/ports/sync-state';

export class MemoryGates implements SourceGates {
  readonly sources = new Map<string, SourceState & { closedBy?: number; batches: Map<string, number> }>();

  async find(id: string): Promise<SourceState> {
    const { closedUntil, wantedAt, startedAt, coveredFrom, coveredAt, failedAt } = this.of(id);
    return { closedUntil, wantedAt, startedAt, coveredFrom, coveredAt, failedAt };
  }

  async enter(id: string, batch: string, now: number, until: number) {
    const { closedUntil, batches } = this.of(id);
    const entered = closedUntil === undefined || closedUntil < now;
    if (entered) batches.set(batch, until);
    return { entered, state: await this.find(id) };
  }

  async leave(id: string, batch: string) {
    this.of(id).batches.delete(batch);
  }

  async want(id: string, now: number, lately: number) {
    const { wantedAt = -Infinity } = this.of(id);
    if (wantedAt >= lately) return false;
    Object.assign(this.of(id), { wantedAt: now });
    return true;
  }

  async close(id: string, closedBy: number, now: number, closedUntil: number) {
    const source = Object.assign(this.of(id), { closedBy, closedUntil });
    for (const [batch, until] of [...source.batches]) if (until < now) source.batches.delete(batch);
    return source.batches.size;
  }

  async began(id: string, startedAt: number) {
    Object.assign(this.of(id), { startedAt, wantedAt: undefined });
  }

  async open(id: string, token: number, found: Pick<SourceState, 'coveredFrom' | 'coveredAt' | 'failedAt'> = {}) {
    if (this.of(id).closedBy !== token) return;
    Object.assign(this.of(id), found, { closedBy: undefined, closedUntil: undefined }, found.failedAt !== undefined && { wantedAt: undefined });
  }

  private of(id: string) {
    const source = this.sources.get(id) ?? { batches: new Map<string, number>() };
    this.sources.set(id, source);
    return source;
  }
}

/** Gates that let every batch in. */
export class OpenGates extends MemoryGates {
  public override async enter(id: string, batch: string, now: number, until: number) {
    return { ...await super.enter(id, batch, now, until), entered: true };
  }
}

/** Gates that do not say who is in. */
export class BlindGates extends MemoryGates {
  public override async close(id: string, closedBy: number, now: number, closedUntil: number) {
    await super.close(id, closedBy, now, closedUntil);
    return 0;
  }
}

export class MemoryLeases implements JobLeases {
  private lease?: JobLease;
  private token = 0;
  private lastStart = -Infinity;

  async find() {
    return this.lease && { ...this.lease };
  }

  async take(wanted: Pick<JobLease, 'owner' | 'dataSourceId' | 'wantedAt' | 'attempt' | 'until'>, now: number, earliest: number) {
    if (this.lease?.owner === wanted.owner) {
      this.lease = { ...this.lease, until: wanted.until };
      return { ...this.lease };
    }
    if (this.lastStart > earliest || (this.lease && (this.lease.until >= now || this.lease.jobId !== undefined))) return undefined;
    this.lease = { ...wanted, token: ++this.token };
    return { ...this.lease };
  }

  async keep(token: number, kept: Pick<JobLease, 'until' | 'jobId' | 'startedAt' | 'look'>) {
    if (this.lease?.token !== token) return false;
    this.lease = { ...this.lease, ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) };
    if (kept.startedAt !== undefined) this.lastStart = kept.startedAt;
    return true;
  }

  async release(token: number) {
    if (this.lease?.token !== token) return false;
    this.lease = undefined;
    return true;
  }
}

export class MemoryOpenDocuments implements OpenDocuments {
  readonly items = new Map<string, { changes?: readonly string[]; reason?: string; attempts: number }>();

  async find(source: string, names: readonly string[]): Promise<OpenDocument[]> {
    return names.flatMap((name) => {
      const item = this.items.get(`${source} ${name}`);
      return item ? [{ name, changes: item.changes, failed: item.reason !== undefined }] : [];
    });
  }

  async keepPending(source: string, documents: readonly PendingDocument[]) {
    for (const { name, changes } of documents) Object.assign(this.of(source, name), { changes });
  }

  async fail(source: string, { name, reason }: FailedDocument) {
    const item = this.of(source, name);
    Object.assign(item, { reason, changes: undefined, attempts: item.attempts + 1 });
    return item.attempts;
  }

  async clear(source: string, names: readonly string[]) {
    for (const name of names) this.items.delete(`${source} ${name}`);
  }

  async* failed(source: string) {
    yield [...this.items].flatMap(([key, { reason }]) => (reason !== undefined && key.startsWith(`${source} `) ? [key.slice(source.length + 1)] : []));
  }

  private of(source: string, name: string) {
    const item = this.items.get(`${source} ${name}`) ?? { attempts: 0 };
    this.items.set(`${source} ${name}`, item);
    return item;
  }
}
