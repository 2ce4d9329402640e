/** Answers cost fractions of a cent, so four decimals would show most of them as nothing. */
export function dollars(amount: number): string {
  if (amount > 0 && amount < 0.000001) {
    return '< $0.000001';
  }
  return `$${amount.toFixed(amount === 0 || amount >= 1 ? 2 : 6)}`;
}

export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

export function count(amount: number): string {
  return amount.toLocaleString('en-US');
}

/** As people say it: `12 KB`. */
export function size(bytes: number): string {
  const [unit, per] = bytes < 1_000 ? ['B', 1] as const : bytes < 1_000_000 ? ['KB', 1_000] as const : ['MB', 1_000_000] as const;
  const amount = bytes / per;
  return `${amount < 10 && per > 1 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

/** `1 chunk`, `2,000 chunks`. */
export function counted(amount: number, noun: string): string {
  return `${count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** The time of day for today, the date for anything older. */
export function moment(unixSeconds: number, now = new Date()): string {
  const date = new Date(unixSeconds * 1000);
  return date.toDateString() === now.toDateString()
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}
