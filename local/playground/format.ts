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

/** The time of day for today, the date for anything older. */
export function moment(unixSeconds: number, now = new Date()): string {
  const date = new Date(unixSeconds * 1000);
  return date.toDateString() === now.toDateString()
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}
