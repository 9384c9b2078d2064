import { describe, expect, it } from 'vitest';

import { held, holding, lowerBound, medianSpacing, plotted, SeriesPoints } from './series';

const RAW = ['time', 'value'];
const BUCKETS = ['time', 'count', 'min', 'max', 'avg', 'first', 'last'];

function raw(...times: number[]): SeriesPoints {
  const points = new SeriesPoints();
  points.merge(
    times.map((time) => [time, time / 10]),
    RAW,
    0,
  );
  return points;
}

describe('live points', () => {
  it('go on at the right edge', () => {
    const points = raw(1_000, 2_000);
    expect(points.live(3_000, 7)).toBe(true);
    expect(points.times).toEqual([1_000, 2_000, 3_000]);
    expect(points.avg.at(-1)).toBe(7);
  });

  it('that history has already are dropped, also with its finer time', () => {
    const points = raw(1_000, 2_000.412);
    expect(points.live(2_000, 7)).toBe(false);
    expect(points.live(1_500, 7)).toBe(false);
    expect(points.times).toEqual([1_000, 2_000.412]);
  });

  it('widen the band of the bucket that they fall into', () => {
    const points = new SeriesPoints();
    points.clear(1_000);
    points.merge([[5_000, 3, 10, 20, 15, 10, 20]], BUCKETS, 0);
    points.live(5_900, 30);
    points.live(6_100, 12);
    expect(points.times).toEqual([5_000, 6_000]);
    expect(points.max).toEqual([30, 12]);
    expect(points.min).toEqual([10, 12]);
  });
});

describe('history', () => {
  it('replaces what stood in for it and keeps what is newer', () => {
    const points = raw(1_000, 2_000);
    points.live(3_000, 7);
    points.live(4_000, 8);
    points.merge(
      [
        [2_000, 1],
        [2_500, 2],
        [3_000.4, 3],
      ],
      RAW,
      1_500,
    );
    expect(points.times).toEqual([1_000, 2_000, 2_500, 3_000.4, 4_000]);
    expect(points.avg).toEqual([100, 1, 2, 3, 8]);
  });

  it('that is not there yet leaves the live points alone', () => {
    const points = raw(1_000);
    points.live(2_000, 7);
    points.merge([], RAW, 1_500);
    expect(points.times).toEqual([1_000, 2_000]);
  });

  it('skips what is no number', () => {
    const points = new SeriesPoints();
    points.merge(
      [
        [1, null],
        [2, 'run'],
        [3, true],
      ],
      RAW,
      0,
    );
    expect([points.times, points.avg]).toEqual([[3], [1]]);
  });
});

it('trimming keeps the point that the line comes from', () => {
  const points = raw(1, 2, 3, 4);
  points.trim(3);
  expect(points.times).toEqual([2, 3, 4]);
});

describe('a gap', () => {
  it('breaks the line where data is missing', () => {
    const [times, avg] = plotted(raw(0, 10, 20, 30, 200, 210), null);
    expect(times).toEqual([0, 10, 20, 30, 115, 200, 210]);
    expect(avg[4]).toBeNull();
  });

  it('is not a slow cadence', () => {
    const hour = 3_600_000;
    const [, avg] = plotted(raw(0, hour, 2 * hour, 3 * hour, 4.5 * hour), null);
    expect(avg).not.toContain(null);
  });

  it('is not told from fewer than four points', () => {
    expect(medianSpacing([0, 1, 100])).toBeNull();
    expect(plotted(raw(0, 1, 100), null)[1]).not.toContain(null);
  });
});

it.each([
  [[1, 2, 3], 0, 0],
  [[1, 2, 3], 2, 1],
  [[1, 2, 3], 9, 3],
])('in %j what is not before %d begins at %d', (times, time, index) =>
  expect(lowerBound(times, time)).toBe(index),
);

describe('a switch', () => {
  it('holds from before the range to its end', () => {
    const points = new SeriesPoints();
    points.merge([[200, 1]], RAW, 0);
    points.before = 0;
    expect(held(points, 100, 1_000)[0]).toEqual([100, 200, 1_000]);
    expect(held(points, 100, 1_000)[1]).toEqual([0, 1, 1]);
    expect([50, 200, 900].map((time) => holding(points.times, time))).toEqual([-1, 0, 0]);
  });

  it('that has not changed is drawn, and one that nothing is known of is not', () => {
    const points = new SeriesPoints();
    expect(held(points, 100, 1_000)[0]).toEqual([]);
    points.before = 1;
    expect(held(points, 100, 1_000)).toEqual([
      [100, 1_000],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });
});
