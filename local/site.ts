import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';

const PLAYGROUND = join(__dirname, 'playground');

export interface SiteRoutes {
  /** By path: answers a GET. */
  readonly get: Readonly<Record<string, () => unknown>>;
  /** By path: takes the JSON body of a PUT and answers it; an error becomes a 400. */
  readonly put: Readonly<Record<string, (body: unknown) => unknown>>;
}

interface Page {
  readonly contentType: string;
  readonly body: Buffer | string;
}

/** The playground page, and what the local cloud tells of itself. */
export class Site {
  private constructor(private readonly pages: ReadonlyMap<string, Page>, private readonly routes: SiteRoutes) {}

  static async build(routes: SiteRoutes): Promise<Site> {
    const { outputFiles: [script] } = await build({
      entryPoints: [join(PLAYGROUND, 'main.ts')], bundle: true, format: 'esm', target: 'es2022', minify: true, write: false, legalComments: 'none', logLevel: 'silent',
    });
    const page = (file: string, contentType: string): Page => ({ contentType, body: readFileSync(join(PLAYGROUND, file)) });
    return new Site(new Map([
      ['/', page('index.html', 'text/html; charset=utf-8')],
      ['/style.css', page('style.css', 'text/css; charset=utf-8')],
      ['/rag.css', page('views/rag/rag.css', 'text/css; charset=utf-8')],
      ['/main.js', { contentType: 'text/javascript; charset=utf-8', body: Buffer.from(script.contents) }],
    ]), routes);
  }

  async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const path = (incoming.url ?? '/').split('?')[0];
    const page = this.pages.get(path);
    if (page && (incoming.method === 'GET' || incoming.method === 'HEAD')) return send(outgoing, 200, page.contentType, page.body);
    const get = this.routes.get[path];
    if (get && incoming.method === 'GET') return json(outgoing, 200, await get());
    const put = this.routes.put[path];
    if (put && incoming.method === 'PUT') return this.put(incoming, outgoing, put);
    return json(outgoing, 404, { message: `there is nothing at ${path}` });
  }

  private async put(incoming: IncomingMessage, outgoing: ServerResponse, put: (body: unknown) => unknown): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming) pieces.push(piece as Buffer);
    try {
      json(outgoing, 200, await put(JSON.parse(Buffer.concat(pieces).toString())));
    } catch (error) {
      json(outgoing, 400, { message: (error as Error).message });
    }
  }
}

function json(outgoing: ServerResponse, status: number, value: unknown): void {
  send(outgoing, status, 'application/json', `${JSON.stringify(value, null, 2)}\n`);
}

function send(outgoing: ServerResponse, status: number, contentType: string, body: Buffer | string): void {
  outgoing.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' http://127.0.0.1:*; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  });
  outgoing.end(body);
}
