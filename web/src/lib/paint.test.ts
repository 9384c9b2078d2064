// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { hold, painter } from './paint';

let hidden = false;
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
});
afterEach(() => {
  hidden = false;
  hold(false);
  vi.useRealTimers();
});

describe('a painter', () => {
  it('paints many changes at once, and no faster than it may', () => {
    const paint = vi.fn();
    const painted = painter(10, paint);
    for (let ms = 0; ms < 1_000; ms += 1) {
      painted.mark();
      vi.advanceTimersByTime(1);
    }
    expect(paint.mock.calls.length).toBeGreaterThanOrEqual(9);
    expect(paint.mock.calls.length).toBeLessThanOrEqual(11);
  });

  it('does nothing in a background tab, and makes it good when the tab is back', () => {
    const paint = vi.fn();
    const painted = painter(10, paint);
    hidden = true;
    painted.mark();
    vi.advanceTimersByTime(5_000);
    expect(paint).not.toHaveBeenCalled();
    hidden = false;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(paint).toHaveBeenCalledTimes(1);
  });

  it('waits while the page is held, unless it is steady', () => {
    const [still, steady] = [vi.fn(), vi.fn()];
    hold(true);
    painter(10, still).mark();
    painter(10, steady, true).mark();
    vi.advanceTimersByTime(500);
    expect([still.mock.calls.length, steady.mock.calls.length]).toEqual([0, 1]);
    hold(false);
    expect(still).toHaveBeenCalledTimes(1);
  });

  it('paints no more once it has stopped', () => {
    const paint = vi.fn();
    const painted = painter(10, paint);
    painted.mark();
    painted.stop();
    vi.advanceTimersByTime(500);
    expect(paint).not.toHaveBeenCalled();
  });
});
