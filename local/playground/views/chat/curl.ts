import { turnBody } from './client';

/** The same request from a terminal. `-N` because curl would hold the stream back otherwise. */
export function curlCommand(url: string, token: string, conversationId: string, text: string): string {
  return [
    `curl -N ${quoted(`${url}v1/chat/completions`)}`,
    `-H ${quoted(`authorization: Bearer ${token}`)}`,
    '-H \'content-type: application/json\'',
    `-d ${quoted(JSON.stringify(turnBody(conversationId, text)))}`,
  ].join(' \\\n  ');
}

/** The same request from the console of a browser, where the API is a socket. */
export function socketScript(url: string, token: string, conversationId: string, text: string): string {
  const message = { id: crypto.randomUUID(), type: 'chat.completions', body: turnBody(conversationId, text) };
  return [
    `const socket = new WebSocket(${JSON.stringify(url)}, ['chat.v1', ${JSON.stringify(`bearer.${token}`)}]);`,
    'socket.onmessage = ({ data }) => console.log(data);',
    `socket.onopen = () => socket.send(JSON.stringify(${JSON.stringify(message)}));`,
  ].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\'', String.raw`'\''`)}'`;
}
