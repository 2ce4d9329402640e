import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure, Row } from './row';
import { startCloud } from '../local/cloud';
import type { FolderDocument } from '../local/desk/desk';

const DOCUMENTS = 50;
/** Of a document; each becomes a chunk of its own, for its heading says that it is about something else. */
const SECTIONS = 200;
/** What the function is given, in MB. */
const LAMBDA_MB = 1_769;
const PATIENCE_MS = 20 * 60_000;

const ingest: Row = {
  name: 'ingest',
  title: `${DOCUMENTS * SECTIONS} chunks through the function that indexes, on the local cloud: how many a second, and the memory that it took`,
  run: async ({ json }) => {
    const cloud = await startCloud({ example: 'diy-rag' });
    try {
      const [{ bucket }] = await cloud.desk.folders();
      const began = performance.now();
      for (let at = 0; at < DOCUMENTS; at++) await cloud.desk.upload({ bucket, key: `manual-${at}.md`, content: Buffer.from(manual(at)).toString('base64') });
      let megabytes = 0;
      const settled = async () => {
        megabytes = Math.max(megabytes, ...peaks());
        const documents = (await cloud.desk.folders()).flatMap((folder) => folder.documents);
        if (!json) process.stdout.write(`\r  ${progress(documents)}   `);
        return documents.every(({ status }) => status === 'indexed' || status === 'failed') && documents;
      };
      let documents: readonly FolderDocument[] | false;
      while (!(documents = await settled())) {
        if (performance.now() - began > PATIENCE_MS) throw new Error(`after ${PATIENCE_MS / 60_000} minutes there is still something to do`);
        await pause(250);
      }
      const seconds = (performance.now() - began) / 1_000;
      if (!json) process.stdout.write('\r');
      return { figures: figuresOf(documents, seconds, megabytes), notes: ['the store is a fake in memory and embedding costs nothing: what takes time is reading, cutting, and the calls to both'] };
    } finally {
      await cloud.stop();
    }
  },
};

function figuresOf(documents: readonly FolderDocument[], seconds: number, megabytes: number): Figure[] {
  const failed = documents.filter(({ status }) => status === 'failed').length;
  return [
    { name: 'documents that failed', value: failed, unit: '', goal: 0, kind: 'check' },
    { name: 'time', value: seconds, unit: 's', kind: 'time' },
    { name: 'chunks a second', value: (DOCUMENTS - failed) * SECTIONS / seconds, unit: '', kind: 'time' },
    // Nothing is told where there is no /proc.
    ...(megabytes > 0 ? [{ name: 'most memory of one instance', value: megabytes, unit: 'MB', goal: LAMBDA_MB, kind: 'size' } as const] : []),
  ];
}

/** Words of its own for every section, so that no two chunks say the same. */
function manual(document: number): string {
  const words = (section: number) => Array.from({ length: 120 }, (_, at) => `word${(document * 7_919 + section * 104_729 + at * 31) % 5_000}`).join(' ');
  return Array.from({ length: SECTIONS }, (_, section) => `## Section ${section} of manual ${document}\n\nIt says: ${words(section)}.\n`).join('\n');
}

function progress(documents: readonly FolderDocument[]): string {
  const done = documents.reduce((sum, { status, progress: share = 0 }) => sum + (status === 'indexed' ? 1 : share), 0);
  return `${Math.round(done / DOCUMENTS * 100)} %`;
}

/** The most memory that each instance of the function has held so far, in MB. */
function peaks(): number[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
      const name = new Map(read(pid, 'environ').split('\0').map((line) => line.split('=', 2) as [string, string])).get('AWS_LAMBDA_FUNCTION_NAME');
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? [];
      return name?.includes('IndexSync') && kilobytes ? [Number(kilobytes) / 1_024] : [];
    });
  } catch {
    return [];
  }
}

/** A process may have ended, or belong to somebody else. */
function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export default ingest;
