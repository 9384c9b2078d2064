/**
 * The points of one series as a plot needs them. History comes from the server in buckets that
 * are aligned to absolute time, or raw; what arrives live afterwards is laid on the right edge
 * provisionally, and replaced when history is asked for again.
 */
import { LongNumber } from '../api/json';

export interface Points {
  times: number[];
  min: number[];
  max: number[];
  avg: number[];
}

/** Rows of `/samples`: [time, value], or [time, count, min, max, avg, …]. */
export type Row = readonly unknown[];

export class SeriesPoints implements Points {
  times: number[] = [];
  min: number[] = [];
  max: number[] = [];
  avg: number[] = [];
  /** The last value before all of them. */
  before: number | null = null;
  /** The width of a bucket; null where the points are raw. */
  everyMs: number | null = null;
  /** Grows with every change. */
  version = 0;

  /** Takes an answer for everything from `from` on; live points beyond its end stay. */
  merge(rows: readonly Row[], columns: readonly string[], from: number): void {
    const fresh = read(rows, columns);
    const cut = lowerBound(this.times, from);
    const end = fresh.times.at(-1) ?? -Infinity;
    const keep = Math.max(cut, upperBound(this.times, end));
    for (const key of ['times', 'min', 'max', 'avg'] as const) {
      this[key] = [...this[key].slice(0, cut), ...fresh[key], ...this[key].slice(keep)];
    }
    this.version += 1;
  }

  clear(everyMs: number | null): void {
    this.before = null;
    this.times = [];
    this.min = [];
    this.max = [];
    this.avg = [];
    this.everyMs = everyMs;
    this.version += 1;
  }

  /** One live value; one that history has already is dropped. Whether anything changed. */
  live(time: number, value: number): boolean {
    const last = this.times.length - 1;
    const lastTime = this.times[last] ?? -Infinity;
    const at = this.everyMs === null ? time : Math.floor(time / this.everyMs) * this.everyMs;
    if (at < lastTime || (this.everyMs === null && at === lastTime)) return false;
    if (at === lastTime) {
      this.min[last] = Math.min(this.min[last] ?? value, value);
      this.max[last] = Math.max(this.max[last] ?? value, value);
      // The bucket's own average comes with history; until then the line follows the value.
      this.avg[last] = value;
    } else {
      this.times.push(at);
      this.min.push(value);
      this.max.push(value);
      this.avg.push(value);
    }
    this.version += 1;
    return true;
  }

  /** Forgets what has scrolled out on the left, but for one point that the line comes from. */
  trim(before: number): void {
    const cut = lowerBound(this.times, before) - 1;
    if (cut <= 0) return;
    for (const key of ['times', 'min', 'max', 'avg'] as const) this[key] = this[key].slice(cut);
    this.version += 1;
  }
}

function read(rows: readonly Row[], columns: readonly string[]): Points {
  const column = (name: string): number => columns.indexOf(name);
  const raw = column('value');
  const [time, min, max, avg] = [
    column('time'),
    raw >= 0 ? raw : column('min'),
    raw >= 0 ? raw : column('max'),
    raw >= 0 ? raw : column('avg'),
  ];
  const points: Points = { times: [], min: [], max: [], avg: [] };
  for (const row of rows) {
    const middle = asNumber(row[avg]);
    if (middle === null) continue;
    points.times.push(Number(row[time]));
    points.min.push(asNumber(row[min]) ?? middle);
    points.max.push(asNumber(row[max]) ?? middle);
    points.avg.push(middle);
  }
  return points;
}

/** The number that is drawn: a bool is 0 or 1, text is nothing. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = value instanceof LongNumber ? value.valueOf() : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The first index whose time is not before `time`. */
export function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(times: readonly number[], time: number): number {
  let index = lowerBound(times, time);
  while (index < times.length && (times[index] ?? 0) <= time) index += 1;
  return index;
}

/** Of the distances between neighbours; null with fewer than four points. */
export function medianSpacing(times: readonly number[]): number | null {
  if (times.length < 4) return null;
  const spacings: number[] = [];
  for (let index = 1; index < times.length; index += 1) {
    spacings.push((times[index] ?? 0) - (times[index - 1] ?? 0));
  }
  spacings.sort((a, b) => a - b);
  return spacings[spacings.length >> 1] ?? null;
}

/** How many usual spacings without a point are a gap, and not just a late sample. */
const GAP_SPACINGS = 4;

export type Plotted = [
  times: number[],
  avg: (number | null)[],
  min: (number | null)[],
  max: (number | null)[],
];

/**
 * The columns to plot, with a break in the line wherever data is missing for much longer than
 * the series' own cadence: one value an hour is slow, not missing.
 */
export function plotted(points: Points, everyMs: number | null): Plotted {
  const spacing = medianSpacing(points.times);
  const limit =
    spacing === null ? Infinity : Math.max(spacing * GAP_SPACINGS, (everyMs ?? 0) * GAP_SPACINGS);
  const out: Plotted = [[], [], [], []];
  for (const [index, time] of points.times.entries()) {
    const before = points.times[index - 1];
    if (before !== undefined && time - before > limit) {
      out[0].push((before + time) / 2);
      out[1].push(null);
      out[2].push(null);
      out[3].push(null);
    }
    out[0].push(time);
    out[1].push(points.avg[index] ?? null);
    out[2].push(points.min[index] ?? null);
    out[3].push(points.max[index] ?? null);
  }
  return out;
}

/**
 * The columns to plot of a switch, which is published when it changes: each value holds until the
 * next one, the first from before the range, the last up to its end.
 */
export function held(points: SeriesPoints, from: number, to: number): Plotted {
  const times = [...points.times];
  const columns: [number[], number[], number[]] = [
    [...points.avg],
    [...points.min],
    [...points.max],
  ];
  const { before } = points;
  if (before !== null && (times[0] ?? Infinity) > from) {
    times.unshift(from);
    for (const column of columns) column.unshift(before);
  }
  const last = columns[0].at(-1);
  if (last !== undefined && to > (times.at(-1) ?? Infinity)) {
    times.push(to);
    for (const column of columns) column.push(last);
  }
  return [times, ...columns];
}

/** The place of the value that holds at a time; -1 where that is the one before all. */
export function holding(times: readonly number[], time: number): number {
  return upperBound(times, time) - 1;
}
