/** When values were true: who says so, and how far that clock is off. */

import * as format from '../format';

/** So far off is a clock that is wrong, and not a message on its way. */
const SKEW_MS = 10_000;

/** What is told of a clock that is `skewMs` ahead; nothing where it is about right. */
export function skewLabel(skewMs: number | null | undefined): string {
  if (skewMs === null || skewMs === undefined || Math.abs(skewMs) < SKEW_MS) return '';
  const far = format.duration(Math.abs(skewMs));
  return skewMs > 0 ? `clock ${far} ahead` : `${far} behind`;
}

/** Sources that are no members. */
const PLAIN: Record<string, string> = { receipt: 'receipt', format: 'payload', rule: 'a rule' };

/** Who says when the values of these series were true; nothing where it is the receipt alone. */
export function timesLabel(series: readonly { time_source: string }[]): string {
  const sources = new Set(series.map((one) => one.time_source));
  if ([...sources].every((source) => source === 'receipt')) return '';
  const names = [...sources].map((source) => PLAIN[source] ?? `“${source}”`);
  return `time from ${names.sort().join(', ')}`;
}
