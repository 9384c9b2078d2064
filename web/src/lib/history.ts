/**
 * One series over a time range: history first, then live at the right edge. What is shown for
 * the past always comes from the server; live values stand in for it until it has been asked.
 */
import { api } from './api/client';
import type { SampleSeries, SampleSet } from './api/types';
import { at } from './data/payload';
import type { SeriesId } from './data/selection';
import { asNumber, SeriesPoints } from './data/series';
import type { Handle, LiveClient } from './live/client';
import { isLive, resolve, type Range } from './time/range';

export interface HistoryOptions {
  series: SeriesId;
  range: Range;
  /** Pixels: no more buckets than that are asked for. */
  width: number;
  client: LiveClient;
  onChange(): void;
  onError(message: string): void;
}

/** Live points are replaced by history no more often than this. */
const SETTLE_MS = 10_000;
const LIVE_HZ = 4;

export class History {
  points = new SeriesPoints();
  unit: string | null = null;
  loaded = false;
  truncated = false;

  #abort = new AbortController();
  #handle: Handle | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** History is final before this. */
  #settledTo = 0;

  constructor(private readonly options: HistoryOptions) {
    if (isLive(options.range)) this.#follow();
    void this.#load();
  }

  stop(): void {
    this.#abort.abort();
    this.#handle?.close();
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    const { from, to } = resolve(this.options.range, Date.now());
    const points = Math.max(50, Math.round(this.options.width));
    await this.#ask({ from, to, points }, (answer) => {
      const everyMs = answer.every_ms ?? null;
      if (this.points.everyMs !== everyMs) this.points.clear(everyMs);
      this.#take(answer, from, to);
      this.points.before = asNumber(this.#found(answer)?.before?.[1]);
      this.loaded = true;
    });
    if (isLive(this.options.range)) this.#settleLater();
  }

  /** Asks again for the end, where live values stand in for history. */
  async #settle(): Promise<void> {
    if (document.hidden) return this.#settleLater();
    const { everyMs } = this.points;
    const range = resolve(this.options.range, Date.now());
    const crowded = everyMs === null && this.points.times.length > this.options.width * 1.5;
    if (crowded || this.#settledTo < range.from) return this.#load();
    const question =
      everyMs === null
        ? { from: this.#settledTo, to: range.to, raw: true }
        : { from: this.#settledTo, to: range.to, everyMs };
    await this.#ask(question, (answer) => this.#take(answer, this.#settledTo, range.to));
    this.points.trim(range.from);
    this.#settleLater();
  }

  #settleLater(): void {
    if (this.#abort.signal.aborted) return;
    const wait = Math.max(SETTLE_MS, this.points.everyMs ?? 0);
    this.#timer = setTimeout(() => void this.#settle(), wait);
  }

  async #ask(
    question: { from: number; to: number; points?: number; everyMs?: number; raw?: boolean },
    take: (answer: SampleSet) => void,
  ): Promise<void> {
    const { signal } = this.#abort;
    try {
      const answer = await api.samples({ ...this.options.series, ...question }, signal);
      if (signal.aborted) return;
      take(answer);
      this.options.onChange();
    } catch (error) {
      if (!signal.aborted) this.options.onError(error instanceof Error ? error.message : '');
    }
  }

  #found({ series }: SampleSet): SampleSeries | undefined {
    const { topic, path } = this.options.series;
    return series.find((each) => each.topic === topic && each.path === path);
  }

  #take(answer: SampleSet, from: number, to: number): void {
    const found = this.#found(answer);
    this.unit = found?.unit ?? this.unit;
    this.truncated = answer.truncated;
    this.points.merge(found?.rows ?? [], found?.columns ?? ['time', 'value'], from);
    const { everyMs } = this.points;
    // The last bucket still fills, and the mirror may be a little behind: ask for these again.
    const open = Math.min(to, Date.now()) - SETTLE_MS;
    this.#settledTo = everyMs === null ? open : Math.floor(open / everyMs) * everyMs;
  }

  #follow(): void {
    const { topic, path } = this.options.series;
    this.#handle = this.options.client.subscribe(
      { mode: 'latest', filter: topic, hz: LIVE_HZ, fields: [path] },
      {
        values: (rows) => {
          let changed = false;
          for (const [, time, value] of rows) {
            const number = asNumber(fieldOf(value, path));
            if (number !== null && this.points.live(time, number)) changed = true;
          }
          if (changed) this.options.onChange();
        },
      },
    );
  }
}

/** The value of a field in a conflated row: the value itself, or an object by field or by JSON. */
export function fieldOf(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Record<string, unknown>;
  return path in fields ? fields[path] : at(value, path);
}
