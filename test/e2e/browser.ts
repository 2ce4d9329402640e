import { existsSync } from 'fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium usually lies; CHROMIUM_PATH goes first. */
const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of this machine, if it has one. */
export function chromiumPath(): string | undefined {
  return PLACES.find((place) => place && existsSync(place));
}

/** A browser of its own, with a profile that is thrown away, that talks to nobody but the page. */
export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}
