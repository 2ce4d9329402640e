import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalCloud } from './cloud';

/** What a running local cloud leaves for the programs of whoever started it, in `.local` of the folder where they stand. */
export class State {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** Where an example is synthesized to. */
  get assembly(): string {
    return join(this.folder, 'cdk.out');
  }

  /** Address of a local cloud that was started here before and still runs. */
  async running(): Promise<string | undefined> {
    const { url } = this.session();
    if (url === undefined) return undefined;
    const answer = await fetch(new URL('/local/session', url), { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    return answer?.ok ? url : undefined;
  }

  write({ url, outputs, session }: LocalCloud): void {
    writeFileSync(join(this.folder, 'outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
    // Tokens: for this user's eyes only.
    writeFileSync(join(this.folder, 'session.json'), `${JSON.stringify({ url, pid: process.pid, ...session }, null, 2)}\n`, { mode: 0o600 });
  }

  /** Keeps the report of an evaluation, for a browser; gives its path. */
  keepReport(key: string, content: Buffer): string {
    const reports = join(this.folder, 'reports');
    mkdirSync(reports, { recursive: true });
    const path = join(reports, key.replace(/[^\w.-]+/g, '-'));
    // Questions and answers: for this user's eyes only.
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  private session(): { url?: string } {
    try {
      return JSON.parse(readFileSync(join(this.folder, 'session.json'), 'utf8')) as { url?: string };
    } catch {
      return {};
    }
  }
}
