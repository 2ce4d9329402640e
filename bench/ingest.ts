import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { App, Stack } from 'aws-cdk-lib';
import { Refusal } from './data';
import type { Figure, Row } from './row';
import { DiyRag, VectorStore } from '../lib';
import { type LocalCloud, startCloud } from '../local/cloud';
import type { FolderDocument } from '../local/desk/desk';

const DOCUMENTS = 50;
/** Of a document; each becomes a chunk of its own, for it is about as long as a chunk is and its heading says that it is about something else. */
const SECTIONS = 200;
const PATIENCE_MS = 20 * 60_000;

/** Stores that run here, and what they are here. */
const STORES: Readonly<Record<string, { readonly make: () => VectorStore; readonly here: string }>> = {
  'aurora': { make: () => VectorStore.auroraPgvector(), here: 'PostgreSQL is PGlite: WebAssembly on one thread of a process of its own, one transaction at a time' },
  's3-vectors': { make: () => VectorStore.s3Vectors(), here: 'S3 Vectors is a fake in memory, and so is DynamoDB, which has the words\' index; both share a thread with the rest of the local cloud' },
};

const ingest: Row = {
  name: 'ingest',
  title: `${(DOCUMENTS * SECTIONS).toLocaleString('en')} chunks through the function that indexes, on the local cloud: how many a second, and the memory that it took`,
  run: async ({ json, store }) => {
    if (store !== undefined && !(store in STORES)) throw new Refusal(`'--store' must be one of ${Object.keys(STORES).join(', ')}, got ${store}`);
    const figures: Figure[] = [];
    const notes = ['embedding costs nothing here, and nothing waits for a network: what takes time is reading, cutting, and the calls to the services, whose stand-ins share this machine'];
    for (const name of store === undefined ? Object.keys(STORES) : [store]) {
      figures.push(...(await withStore(name, (cloud) => measure(cloud, json ? () => undefined : show))).map((figure) => ({ ...figure, name: `${name}: ${figure.name}` })));
      notes.push(`${name}: ${STORES[name].here}`);
    }
    return { figures, notes };
  },
};

export async function withStore<T>(name: string, use: (cloud: LocalCloud) => Promise<T>): Promise<T> {
  const assembly = mkdtempSync(join(tmpdir(), 'bench-ingest-'));
  try {
    // The CDK warns of what it calls itself, once for every table.
    process.env.JSII_DEPRECATED ??= 'quiet';
    const app = new App({ outdir: assembly, context: { '@aws-cdk/core:validateAgainstDefaultRules': false } });
    new DiyRag(new Stack(app, 'Ingest'), 'Rag', { store: STORES[name].make() });
    app.synth();
    const cloud = await startCloud({ assembly });
    try {
      return await use(cloud);
    } finally {
      await cloud.stop();
    }
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
}

async function measure(cloud: LocalCloud, tell: (progress: string) => void): Promise<Figure[]> {
  const [{ bucket }] = await cloud.desk.folders();
  const began = performance.now();
  for (let at = 0; at < DOCUMENTS; at++) await cloud.desk.upload({ bucket, key: `manual-${at}.md`, content: Buffer.from(manual(at)).toString('base64') });
  const held = new Held(cloud);
  for (;;) {
    const documents = (await cloud.desk.folders()).flatMap((folder) => folder.documents);
    held.look();
    tell(progress(documents));
    if (documents.every(({ status }) => status === 'indexed' || status === 'failed')) return figuresOf(documents, (performance.now() - began) / 1_000, held);
    if (performance.now() - began > PATIENCE_MS) throw new Error(`after ${PATIENCE_MS / 60_000} minutes there is still something to do`);
    await pause(250);
  }
}

/** What the instances of the function that indexes have taken. */
class Held {
  mostMb = 0;
  heapMb = 0;
  constructor(private readonly cloud: LocalCloud) {}

  private get function() {
    return [...this.cloud.functions.values()].find(({ lambda }) => lambda.name.includes('IndexSync'))!;
  }

  /** As the function is deployed. */
  get givenMb(): number {
    return this.function.lambda.memoryMb;
  }

  get instances(): number {
    return this.function.taken.length;
  }

  get cpuSeconds(): number {
    return this.function.taken.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / 1_000;
  }

  look(): void {
    for (const { mostMb, heapMb } of this.function.taken) {
      this.mostMb = Math.max(this.mostMb, mostMb);
      this.heapMb = Math.max(this.heapMb, heapMb);
    }
  }
}

function figuresOf(documents: readonly FolderDocument[], seconds: number, held: Held): Figure[] {
  const failed = documents.filter(({ status }) => status === 'failed').length;
  const chunks = documents.reduce((sum, document) => sum + (document.chunks ?? 0), 0);
  return [
    { name: 'documents that failed', value: failed, unit: '', goal: 0, kind: 'check' },
    { name: 'sections that became more than a chunk, or none', value: Math.abs(chunks - DOCUMENTS * SECTIONS), unit: '', goal: 0, kind: 'check' },
    { name: 'time', value: seconds, unit: 's', kind: 'time' },
    { name: 'chunks a second', value: chunks / seconds, unit: '', kind: 'time' },
    { name: 'chunks a second of the function\'s own processor time', value: chunks / held.cpuSeconds, unit: '', kind: 'time' },
    { name: 'instances', value: held.instances, unit: '', kind: 'time' },
    { name: 'most memory of one instance', value: held.mostMb, unit: 'MB', goal: held.givenMb, kind: 'size' },
    { name: 'most heap of one instance, after documents', value: held.heapMb, unit: 'MB', kind: 'size' },
  ];
}

/** Words of its own for every section, so that no two chunks say the same. */
function manual(document: number): string {
  const words = (section: number) => Array.from({ length: 90 }, (_, at) => `word${(document * 7_919 + section * 104_729 + at * 31) % 5_000}`).join(' ');
  return Array.from({ length: SECTIONS }, (_, section) => `## Section ${section} of manual ${document}\n\nIt says: ${words(section)}.\n`).join('\n');
}

function progress(documents: readonly FolderDocument[]): string {
  const done = documents.reduce((sum, { status, progress: share = 0 }) => sum + (status === 'indexed' ? 1 : share), 0);
  return `${Math.round(done / DOCUMENTS * 100)} %`;
}

function show(progressed: string): void {
  process.stdout.write(`\r  ${progressed}   \r`);
}

export default ingest;
