/** A pause that nobody waits for any more is over. */
export async function pauseUnless(pause: Promise<void>, signal: AbortSignal): Promise<void> {
  let over: () => void = () => undefined;
  const aborted = new Promise<void>((resolve) => {
    over = resolve;
    signal.addEventListener('abort', over, { once: true });
  });
  if (signal.aborted) over();
  await Promise.race([pause, aborted]);
  signal.removeEventListener('abort', over);
}
