import { spawn } from 'node:child_process';

/** Opens a page where there is a screen to see it on. */
export function openBrowser(url: string): void {
  const command = process.platform === 'darwin' ? ['open', url] : process.platform === 'win32' ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url];
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const child = spawn(command[0], command.slice(1), { stdio: 'ignore', detached: true });
  // The address is on the screen already; nobody needs to hear that no browser came.
  child.on('error', () => undefined);
  child.unref();
}
