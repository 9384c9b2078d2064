import { expect, test } from 'vitest';

import type { Storage } from '../api/types';
import { eachLabel, lastsLabel, shares } from './storage';

const storage: Storage = {
  measured_at: '2026-11-27T02:00:00Z',
  bytes: 1000,
  hot_bytes: 100,
  dead_letters_bytes: 50,
  catalog_bytes: 50,
  keep: {},
  parts: [
    { kind: 'messages', bytes: 300, partitions: 1 },
    { kind: 'samples', bytes: 200, partitions: 1 },
    { kind: 'messages', filter: 'cam/#', bytes: 250, partitions: 3 },
    { kind: 'rollups', bytes: 50, partitions: 1 },
  ],
};

test('what history takes is all in its parts', () => {
  const all = shares(storage);
  expect(all.map((one) => one.bytes)).toEqual([550, 200, 50, 100, 50, 50]);
  expect(all.reduce((sum, one) => sum + one.share, 0)).toBeCloseTo(1);
});

test('what one takes is said to a tenth of a byte', () => {
  const part = { kind: 'samples', bytes: 200, partitions: 1 } as const;
  expect(eachLabel(part)).toBe('');
  expect(eachLabel({ ...part, bytes_each: 1.26 })).toBe('1.3 B');
  expect(eachLabel({ ...part, bytes_each: 392.7 })).toBe('393 B');
});

test('how long the disk lasts is said in days, and what is not known is not guessed', () => {
  const of = (more: Partial<Storage>): string => lastsLabel({ ...storage, ...more });
  expect(of({})).toBe('not known');
  expect(of({ free_bytes: 5 })).toBe('too early to say');
  expect(of({ free_bytes: 5, growth_bytes_per_day: 1 })).toBe('nothing will fill it');
  expect(of({ free_bytes: 5, growth_bytes_per_day: 1, lasts_days: 5.9 })).toBe('5 days');
  expect(of({ lasts_days: 0.5 })).toBe('12 h');
  expect(of({ lasts_days: 1e9 })).toBe('more than 10 years');
});
