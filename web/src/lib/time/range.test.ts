import { describe, expect, it } from 'vitest';

import {
  between,
  formatDuration,
  formatMoment,
  isLive,
  moved,
  parseDuration,
  parseMoment,
  parseRange,
  resolve,
  zoomedOut,
} from './range';

const NOW = Date.parse('2026-11-22T15:30:00Z');
const HOUR = 3_600_000;

describe('a duration', () => {
  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2w', 1_209_600_000],
    ['5', null],
    ['1y', null],
    ['', null],
  ])('%s is %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [5_400_000, '90m'],
    [86_400_000, '1d'],
    [1_500, '1500ms'],
  ])('%s ms are written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe('a moment', () => {
  it.each([
    ['now', { relative: 0 }],
    ['now-6h', { relative: -6 * HOUR }],
    ['-6h', { relative: -6 * HOUR }],
    ['6h', { relative: -6 * HOUR }],
    ['2026-11-22T06:00:00Z', { absolute: Date.parse('2026-11-22T06:00:00Z') }],
    ['2026-11-22t06:00:00z', { absolute: Date.parse('2026-11-22T06:00:00Z') }],
    ['2026-11-22 06:00:00+01:00', { absolute: Date.parse('2026-11-22T05:00:00Z') }],
    ['2026-11-22 06:00', { absolute: Date.parse('2026-11-22T06:00:00Z') }],
    ['2026-11-22', { absolute: Date.parse('2026-11-22T00:00:00Z') }],
    ['1763791200', { absolute: 1_763_791_200_000 }],
    ['1763791200123', { absolute: 1_763_791_200_123 }],
    ['soon', null],
    ['', null],
  ])('is read from %s', (text, moment) => expect(parseMoment(text, 'utc')).toEqual(moment));

  it('comes back from the URL as it went in', () => {
    for (const moment of [{ relative: 0 }, { relative: -HOUR }, { absolute: NOW + 123 }]) {
      expect(parseMoment(formatMoment(moment), 'utc')).toEqual(moment);
    }
  });
});

describe('a typed range', () => {
  const span = (text: string): [string, string] | null => {
    const range = parseRange(text, 'utc', NOW);
    if (!range) return null;
    const { from, to } = resolve(range, NOW);
    return [new Date(from).toISOString().slice(5, 16), new Date(to).toISOString().slice(5, 16)];
  };

  it.each([
    ['now-6h', ['11-22T09:30', '11-22T15:30']],
    ['now-6h to now-1h', ['11-22T09:30', '11-22T14:30']],
    ['06-14', ['11-22T06:00', '11-22T14:00']],
    ['22-06', ['11-21T22:00', '11-22T06:00']],
    ['06:30 - 14:30', ['11-22T06:30', '11-22T14:30']],
    ['today', ['11-22T00:00', '11-22T15:30']],
    ['yesterday', ['11-21T00:00', '11-22T00:00']],
    ['2026-11-20 06:00 to 2026-11-20 14:00', ['11-20T06:00', '11-20T14:00']],
    ['2026-11-20T06:00:00Z to now', ['11-20T06:00', '11-22T15:30']],
  ])('%s', (text, expected) => expect(span(text)).toEqual(expected));

  it.each(['now to now-1h', '25-26', 'nonsense', ''])('%s is refused', (text) =>
    expect(span(text)).toBeNull(),
  );
});

describe('moving', () => {
  it('goes back by a part of the span and stops being live', () => {
    const range = { from: { relative: -HOUR }, to: { relative: 0 } };
    const back = moved(range, NOW, -0.5);
    expect(resolve(back, NOW)).toEqual({ from: NOW - 1.5 * HOUR, to: NOW - 0.5 * HOUR });
    expect(isLive(back)).toBe(false);
  });

  it('forward beyond now is live again', () => {
    const forward = moved(between(NOW - 2 * HOUR, NOW - 0.2 * HOUR), NOW, 0.5);
    expect(isLive(forward)).toBe(true);
  });

  it('zooming out doubles the span and never goes beyond now', () => {
    const live = { from: { relative: -HOUR }, to: { relative: 0 } };
    expect(resolve(zoomedOut(live, NOW), NOW)).toEqual({ from: NOW - 2 * HOUR, to: NOW });
    const past = between(NOW - HOUR, NOW);
    expect(resolve(zoomedOut(past, NOW), NOW).to).toBe(NOW);
  });

  it('a range between two instants is at least a second long', () => {
    expect(resolve(between(NOW, NOW), NOW)).toEqual({ from: NOW, to: NOW + 1_000 });
  });
});
