import { beforeEach, describe, expect, it } from 'vitest';

import type { MessageView } from '../api/types';
import { Tail } from './tail';

function messages(from: number, count: number): MessageView[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: from + index,
    topic: 't',
    time: '2026-11-22T00:00:00Z',
    qos: 0,
    retain: false,
    payload: index,
  }));
}

let tail: Tail;
beforeEach(() => (tail = new Tail({ rows: 10, perPaint: 3 })));

const seqs = (): (number | string)[] =>
  tail.rows.map((row) => (row.kind === 'message' ? row.message.seq : row.kind));

describe('a tail', () => {
  it('shows a replay as a whole', () => {
    tail.push(messages(1, 8), 0, true);
    tail.paint(0);
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('shows the newest of a flood and says how many it does not show', () => {
    tail.push(messages(1, 1), 0, false);
    tail.paint(0);
    tail.push(messages(2, 100), 100, false);
    tail.paint(100);
    expect(seqs()).toEqual([1, 'skipped', 99, 100, 101]);
    expect(tail.rows[1]).toMatchObject({ count: 97 });
  });

  it('keeps no more than its rows, however much arrives', () => {
    for (let at = 0; at < 50; at += 1) {
      tail.push(messages(at * 1_000, 1_000), at, false);
      tail.paint(at);
    }
    expect(tail.rows).toHaveLength(10);
  });

  it('takes each message once', () => {
    tail.push(messages(1, 3), 0, true);
    tail.push(messages(2, 3), 0, false);
    tail.paint(0);
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  it('stands still while paused, and counts', () => {
    tail.push(messages(1, 2), 0, false);
    tail.paint(0);
    tail.pause();
    tail.push(messages(3, 2), 10, false);
    expect(tail.paint(10)).toBe(false);
    expect([seqs(), tail.missed]).toEqual([[1, 2], 2]);
    tail.resume();
    tail.paint(20);
    expect([seqs(), tail.missed]).toEqual([[1, 2, 3, 4], 0]);
  });

  it('says where messages are missing', () => {
    tail.gap(5, 9, 'expired');
    tail.paint(0);
    expect(tail.rows).toMatchObject([{ kind: 'gap', from: 5, to: 9, reason: 'expired' }]);
  });

  it('tells how much of the stream it shows', () => {
    for (let now = 0; now < 3_000; now += 100) {
      tail.push(messages(now, 10), now, false);
      tail.paint(now);
    }
    const { received, shown } = tail.rates(2_999);
    expect(Math.round(received)).toBe(100);
    expect(shown).toBeLessThan(40);
    expect(tail.rates(9_000)).toEqual({ received: 0, shown: 0 });
  });
});
