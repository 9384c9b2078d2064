/** How numbers and ages are written. */

import { LongNumber } from './api/json';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1,204,331. */
export function count(value: number): string {
  return whole.format(value);
}

/** 1 day, 30 days. */
export function some(value: number, one: string): string {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** 98,204 in full, 1.21 M beyond a million. */
export function compact(value: number): string {
  if (Math.abs(value) < 1e6) return whole.format(value);
  if (Math.abs(value) < 1e9) return `${(value / 1e6).toFixed(2)} M`;
  return `${(value / 1e9).toFixed(2)} G`;
}

/** Messages a second: 0, 0.4, 12.3, 4,812. */
export function rate(value: number): string {
  if (value === 0) return '0';
  if (value < 0.1) return '<0.1';
  return value < 100 ? value.toFixed(1) : whole.format(value);
}

/** Of a measured value: six digits at most, no trailing zeros, never 0.30000000000000004. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(3);
  if (Number.isInteger(value)) return size >= 1e6 ? whole.format(value) : String(value);
  const digits = size >= 1e5 ? 1 : size >= 1e3 ? 2 : 6 - Math.max(1, Math.ceil(Math.log10(size)));
  return String(Number(value.toFixed(Math.min(digits, 6))));
}

export function value(value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (value instanceof LongNumber) return value.digits;
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < BYTE_UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return `${size.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** 40 ms, 1.3 s, 4 min. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** How long ago: `now`, `12 s`, `4 min`. */
export function age(since: number, now: number): string {
  const ms = now - since;
  if (ms < 2_000) return 'now';
  return ms < 120_000 ? `${Math.floor(ms / 1_000)} s` : duration(ms);
}
