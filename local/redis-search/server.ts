import { type AddressInfo, createServer, type Socket } from 'node:net';
import { HashIndex } from './hash-index';
import { encode, encodeError, OK, readCommand, type Reply } from './resp';

export interface SearchServerOptions {
  /** Whether it finds by words, as Redis does and MemoryDB does not. */
  readonly words: boolean;
  /** A cluster of one node, which clients are told to find at this port; a server of its own without. */
  readonly announced?: () => number;
  /** The password of whoever comes in. @default - nobody has to log in */
  readonly password?: string;
  /** Whoever logs in is known already: a door in front has asked. */
  readonly admitted?: boolean;
}

export interface SearchServer {
  readonly port: number;
  /** Keys that there are, in their order. */
  keys(): string[];
  /** What the next commands are answered with instead. */
  readonly failures: string[];
  stop(): Promise<void>;
}

/** Redis with its query engine, or MemoryDB with vector search, as far as chunks need them: hashes, and indexes over them. */
export async function startSearchServer({ words, announced, password, admitted = false }: SearchServerOptions): Promise<SearchServer> {
  const hashes = new Map<string, Map<string, Buffer>>();
  const indexes = new Map<string, HashIndex>();
  const failures: string[] = [];
  const sockets = new Set<Socket>();

  const commands: Readonly<Record<string, (args: readonly string[], raw: readonly Buffer[]) => Reply>> = {
    'PING': () => 'PONG',
    'INFO': () => 'loading:0\r\n',
    'CLIENT': () => OK,
    'QUIT': () => OK,
    'CLUSTER': ([what]) => {
      if (!announced) throw new Error('ERR This instance has cluster support disabled');
      return what.toUpperCase() === 'SLOTS' ? [[0, 16_383, ['127.0.0.1', announced(), 'node']]] : 'cluster_state:ok\r\n';
    },
    'HSET': ([key], raw) => {
      const hash = hashes.get(key) ?? new Map<string, Buffer>();
      hashes.set(key, hash);
      for (let at = 1; at < raw.length; at += 2) hash.set(raw[at].toString(), Buffer.from(raw[at + 1]));
      return (raw.length - 1) / 2;
    },
    'HSETNX': ([key, field], raw) => {
      if (hashes.get(key)?.has(field)) return 0;
      hashes.set(key, (hashes.get(key) ?? new Map<string, Buffer>()).set(field, Buffer.from(raw[2])));
      return 1;
    },
    'HDEL': ([key, ...fields]) => fields.filter((field) => hashes.get(key)?.delete(field)).length,
    'HGET': ([key, field]) => hashes.get(key)?.get(field) ?? null,
    'HMGET': ([key, ...fields]) => fields.map((field) => hashes.get(key)?.get(field) ?? null),
    'DEL': (keys) => keys.filter((key) => hashes.delete(key)).length,
    'SCAN': ([, match, pattern]) => {
      if (match !== 'MATCH' || !/^[^*?[\\]+\*$/.test(pattern)) throw new Error('ERR the local server scans for what begins alike only');
      return ['0', [...hashes.keys()].filter((key) => key.startsWith(pattern.slice(0, -1)))];
    },
    'FT.CREATE': ([name, ...definition]) => {
      if (indexes.has(name)) throw new Error('Index already exists');
      indexes.set(name, new HashIndex(definition, hashes, words));
      return OK;
    },
    'FT.DROPINDEX': ([name, ...more]) => {
      if (more.length > 0) throw new Error(`Unknown argument ${more.join(' ')}`);
      if (!indexes.delete(name)) throw new Error('Unknown Index name');
      return OK;
    },
    'FT.SEARCH': (args, raw) => search(args, raw),
  };

  function search([name, query, ...options]: readonly string[], raw: readonly Buffer[]): Reply {
    const index = indexes.get(name);
    if (!index) throw new Error(`${name}: no such index`);
    const params = new Map<string, Buffer>();
    let [from, most, dialect, content, scores, returned] = [0, 10, 1, true, false, undefined as string[] | undefined];
    for (let at = 0; at < options.length;) {
      const option = options[at++].toUpperCase();
      if (option === 'RETURN') {
        returned = options.slice(at + 1, at + 1 + Number(options[at]));
        at += 1 + returned.length;
      } else if (option === 'PARAMS') {
        const count = Number(options[at++]);
        for (let one = 0; one < count; one += 2) params.set(options[at + one], raw[2 + at + one + 1]);
        at += count;
      } else if (option === 'LIMIT') {[from, most] = [Number(options[at++]), Number(options[at++])];} else if (option === 'DIALECT') {dialect = Number(options[at++]);} else if (option === 'NOCONTENT' && words) {content = false;} else if (option === 'WITHSCORES' && words) {scores = true;} else if (option === 'SCORER' && words && options[at++] === 'BM25STD') {continue;} else {throw new Error(`Unknown argument \`${option}\` at position ${at}`);}
    }
    if (dialect !== 2) throw new Error('Syntax error: vectors and attributes need DIALECT 2');
    const found = index.search(query, params);
    return [found.length, ...found.slice(from, from + most).flatMap(({ key, score, told }): Reply[] => [
      key, ...scores ? [String(score)] : [], ...content ? [(returned ?? []).flatMap((field) => (told.has(field) ? [field, told.get(field)!] : []))] : [],
    ])];
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    let waiting = Buffer.alloc(0);
    let known = password === undefined && !admitted;
    socket.on('data', (data) => {
      waiting = Buffer.concat([waiting, data as Buffer]);
      for (let command = readCommand(waiting); command; command = readCommand(waiting)) {
        waiting = waiting.subarray(command.length);
        const [first, ...raw] = command.words;
        socket.write(answer(first.toString().toUpperCase(), raw.map(String), raw));
      }
    });
    const answer = (name: string, args: readonly string[], raw: readonly Buffer[]): Buffer => {
      if (name === 'AUTH') {
        known ||= admitted || args.at(-1) === password;
        return known ? encode(OK) : encodeError('WRONGPASS invalid username-password pair or user is disabled.');
      }
      if (!known) return encodeError('NOAUTH Authentication required.');
      const failure = name.startsWith('FT.') || name.startsWith('H') ? failures.shift() : undefined;
      if (failure !== undefined) return encodeError(failure);
      try {
        const run = commands[name];
        if (!run) throw new Error(`ERR unknown command '${name}'`);
        return encode(run(args, raw));
      } catch (error) {
        return encodeError((error as Error).message);
      }
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    keys: () => [...hashes.keys()].sort(),
    failures,
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      sockets.forEach((socket) => socket.destroy());
    }),
  };
}
