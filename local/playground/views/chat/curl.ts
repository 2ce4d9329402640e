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

function quoted(text: string): string {
  return `'${text.replaceAll('\'', String.raw`'\''`)}'`;
}
