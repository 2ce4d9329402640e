import { type SocketApi, socketPath } from './api';

/** Turns the addresses of WebSocket APIs into those of this machine: that of clients, and that under which a backend calls `@connections`. */
export function localSocketUrls(text: string, { door, aws }: { readonly door: string; readonly aws: string }, apis: readonly SocketApi[]): string {
  return text.replace(/(wss|https):\/\/([a-z0-9]+)\.execute-api\.[^./\s]+\.[^/\s]+\/([A-Za-z0-9_-]+)/g, (address, scheme: string, id: string, stage: string) => {
    const api = apis.find((candidate) => candidate.id === id && candidate.stage === stage);
    if (!api) return address;
    return scheme === 'wss' ? `${door.replace(/^http/, 'ws')}${socketPath(api)}` : `${aws}/${id}/${stage}`;
  });
}
