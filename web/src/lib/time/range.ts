/**
 * Time ranges as they stand in the URL and as people type them. A moment is either relative to
 * now, and moves with it, or absolute; all instants are milliseconds since the epoch.
 */
import { toEpoch, startOfDay, type Zone } from './zone';

export type Moment = { relative: number } | { absolute: number };

export interface Range {
  from: Moment;
  to: Moment;
}

export interface Span {
  from: number;
  to: number;
}

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

export const DEFAULT_RANGE: Range = { from: { relative: -15 * 60_000 }, to: { relative: 0 } };

export const QUICK_RANGES = [
  { label: '5 minutes', text: 'now-5m' },
  { label: '15 minutes', text: 'now-15m' },
  { label: '1 hour', text: 'now-1h' },
  { label: '6 hours', text: 'now-6h' },
  { label: '24 hours', text: 'now-24h' },
  { label: '7 days', text: 'now-7d' },
] as const;

const SHORTEST_MS = 1_000;

/** `1h30m`, `90s`, `250ms`; null where it is not a duration. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return total;
}

/** The largest unit that leaves a whole number: 5400000 → `90m`. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = UNITS[unit] ?? 1;
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  }
  return `${Math.round(ms)}ms`;
}

/** `now`, `now-6h`, `-6h`, `6h`, an RFC 3339 instant, a local date with or without time, epoch. */
export function parseMoment(text: string, zone: Zone): Moment | null {
  const trimmed = text.trim();
  if (trimmed === 'now') return { relative: 0 };
  const relative = /^(?:now)?\s*-?\s*(\S+)$/.exec(trimmed);
  const duration = relative?.[1] === undefined ? null : parseDuration(relative[1]);
  if (duration !== null) return { relative: -duration };
  if (/^\d{10}$/.test(trimmed)) return { absolute: Number(trimmed) * 1_000 };
  if (/^\d{13}$/.test(trimmed)) return { absolute: Number(trimmed) };
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(trimmed) && trimmed.includes(':')) {
    const absolute = Date.parse(trimmed.replace(' ', 'T').toUpperCase());
    return Number.isNaN(absolute) ? null : { absolute };
  }
  const local = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?)?$/.exec(
    trimmed,
  );
  if (!local) return null;
  const [year, month, day, hour, minute, second] = local.slice(1).map((part) => Number(part ?? 0));
  const absolute = toEpoch(
    [year ?? 0, month ?? 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0],
    zone,
  );
  return { absolute };
}

/**
 * What people type into the time picker: one moment (until now), two with `to` between them, a
 * shift of today such as `06-14` (the last one where it lies in the future), `today`, `yesterday`.
 */
export function parseRange(text: string, zone: Zone, now: number): Range | null {
  const trimmed = text.trim().toLowerCase();
  const today = startOfDay(now, zone);
  if (trimmed === 'today') return { from: { absolute: today }, to: { relative: 0 } };
  if (trimmed === 'yesterday') {
    return { from: { absolute: startOfDay(today - 1, zone) }, to: { absolute: today } };
  }
  const shift = /^(\d\d?)(?::(\d\d))?\s*[-–]\s*(\d\d?)(?::(\d\d))?$/.exec(trimmed);
  if (shift)
    return shiftOfDay(
      shift.slice(1).map((part) => Number(part ?? 0)),
      today,
      now,
    );
  const two = /^(.+?)\s+(?:to|until|–|\.\.)\s+(.+)$/.exec(trimmed);
  const from = parseMoment(two?.[1] ?? trimmed, zone);
  const to: Moment | null = two?.[2] === undefined ? { relative: 0 } : parseMoment(two[2], zone);
  if (!from || !to) return null;
  return ordered({ from, to }, now);
}

function shiftOfDay(parts: number[], today: number, now: number): Range | null {
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = parts;
  if (fromHour > 24 || toHour > 24 || fromMinute > 59 || toMinute > 59) return null;
  const hour = UNITS['h'] ?? 0;
  const minute = UNITS['m'] ?? 0;
  const day = UNITS['d'] ?? 0;
  let from = today + fromHour * hour + fromMinute * minute;
  let to = today + toHour * hour + toMinute * minute;
  if (to <= from) to += day;
  if (from > now) {
    from -= day;
    to -= day;
  }
  return { from: { absolute: from }, to: { absolute: to } };
}

function ordered(range: Range, now: number): Range | null {
  const { from, to } = resolve(range, now);
  return to - from >= SHORTEST_MS ? range : null;
}

/** As it stands in the URL: `now-6h`, or an RFC 3339 instant in UTC. */
export function formatMoment(moment: Moment): string {
  if ('relative' in moment) {
    return moment.relative === 0 ? 'now' : `now-${formatDuration(-moment.relative)}`;
  }
  return new Date(moment.absolute).toISOString().replace('.000Z', 'Z');
}

export function resolve(range: Range, now: number): Span {
  const at = (moment: Moment): number =>
    'relative' in moment ? now + moment.relative : moment.absolute;
  return { from: at(range.from), to: at(range.to) };
}

/** Whether the right edge is now, and moves. */
export function isLive(range: Range): boolean {
  return 'relative' in range.to && range.to.relative === 0;
}

/** Moves by a part of the span; one that would end beyond now becomes live again. */
export function moved(range: Range, now: number, part: number): Range {
  const { from, to } = resolve(range, now);
  const span = to - from;
  const step = span * part;
  if (to + step >= now) return { from: { relative: -Math.round(span) }, to: { relative: 0 } };
  return { from: { absolute: Math.round(from + step) }, to: { absolute: Math.round(to + step) } };
}

/** Twice as long around the same middle; one that reaches now stays live. */
export function zoomedOut(range: Range, now: number): Range {
  const { from, to } = resolve(range, now);
  const span = to - from;
  if (isLive(range)) return { from: { relative: -span * 2 }, to: { relative: 0 } };
  return between(from - span / 2, Math.min(to + span / 2, now));
}

/** The range between two instants, in either order, not shorter than a second. */
export function between(a: number, b: number): Range {
  const from = Math.round(Math.min(a, b));
  const to = Math.max(Math.round(Math.max(a, b)), from + SHORTEST_MS);
  return { from: { absolute: from }, to: { absolute: to } };
}
