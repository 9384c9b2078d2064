/**
 * The tail of a stream: what is shown, what arrived meanwhile, and how much of it a person gets to
 * see. Bounded, whatever the rate.
 */
import type { MessageView } from '../api/types';

export interface TailOptions {
  /** Rows kept. */
  rows: number;
  /** Rows added by one paint at most; the rest of what arrived is counted, not shown. */
  perPaint: number;
}

export type TailRow =
  | { kind: 'message'; key: string; message: MessageView }
  | { kind: 'skipped'; key: string; count: number }
  | { kind: 'gap'; key: string; from: number; to: number; reason: string };

const RATE_WINDOW_MS = 3_000;

export class Tail {
  /** Oldest first. */
  rows: TailRow[] = [];
  paused = false;
  /** Arrived since the pause began. */
  missed = 0;
  version = 0;

  #arrived: TailRow[] = [];
  #arrivedCount = 0;
  #lastSeq = -1;
  #since = Infinity;
  #marks: { time: number; received: number; shown: number }[] = [];

  constructor(readonly options: TailOptions) {}

  /**
   * What came in one frame, oldest first; what was here already is dropped. Replayed messages are
   * not counted into the rate.
   */
  push(frame: readonly MessageView[], now: number, replay: boolean): void {
    const messages = frame.filter((message) => message.seq > this.#lastSeq);
    this.#lastSeq = messages.at(-1)?.seq ?? this.#lastSeq;
    this.#since = Math.min(this.#since, now);
    for (const message of messages) {
      this.#arrived.push({ kind: 'message', key: `m${message.seq}`, message });
    }
    this.#arrivedCount += messages.length;
    const bound = this.options.rows;
    if (this.#arrived.length > bound) this.#arrived = this.#arrived.slice(-bound);
    if (this.paused) this.missed += messages.length;
    if (!replay) this.#mark(now, messages.length, 0);
  }

  gap(from: number, to: number, reason: string): void {
    this.#arrived.push({ kind: 'gap', key: `g${from}-${to}`, from, to, reason });
  }

  /** Moves what arrived into the rows; nothing while paused. Whether anything changed. */
  paint(now: number): boolean {
    if (this.paused || this.#arrived.length === 0) return false;
    const replayed = this.rows.length === 0;
    const most = replayed ? this.options.rows : this.options.perPaint;
    const shown = this.#arrived.slice(-most);
    const skipped = this.#arrivedCount - shown.filter((row) => row.kind === 'message').length;
    const note: TailRow[] =
      skipped > 0 && !replayed
        ? [{ kind: 'skipped', key: `s${shown[0]?.key ?? now}`, count: skipped }]
        : [];
    this.rows = [...this.rows, ...note, ...shown].slice(-this.options.rows);
    this.#mark(now, 0, shown.length);
    this.#arrived = [];
    this.#arrivedCount = 0;
    this.version += 1;
    return true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.missed = 0;
  }

  clear(): void {
    this.rows = [];
    this.#arrived = [];
    this.#arrivedCount = 0;
    this.#lastSeq = -1;
    this.#since = Infinity;
    this.#marks = [];
    this.missed = 0;
    this.version += 1;
  }

  /** Messages a second, over the last three: how many came, and how many of them were shown. */
  rates(now: number): { received: number; shown: number } {
    this.#forget(now);
    let received = 0;
    let shown = 0;
    for (const mark of this.#marks) {
      received += mark.received;
      shown += mark.shown;
    }
    // Just begun: there is no rate over a time that was not watched.
    const seconds = Math.min(RATE_WINDOW_MS, Math.max(1_000, now - this.#since)) / 1_000;
    return { received: received / seconds, shown: Math.min(shown, received) / seconds };
  }

  #mark(time: number, received: number, shown: number): void {
    this.#marks.push({ time, received, shown });
    if (this.#marks.length > 1_000) this.#forget(time);
  }

  #forget(now: number): void {
    this.#marks = this.#marks.filter((mark) => now - mark.time < RATE_WINDOW_MS);
  }
}
