import { expect, test } from 'vitest';

import { skewLabel, timesLabel } from './clock';

test('a clock that is off is told, and which way', () => {
  for (const [skew, label] of [
    [undefined, ''],
    [null, ''],
    [0, ''],
    [-9_999, ''],
    [7_200_000, 'clock 2 h ahead'],
    [-600_000, '10 min behind'],
    [172_800_000, 'clock 2 d ahead'],
  ] as const) {
    expect(skewLabel(skew)).toBe(label);
  }
});

test('who says the time is told where it is not the receipt alone', () => {
  const of = (...sources: string[]) => timesLabel(sources.map((time_source) => ({ time_source })));
  expect(of()).toBe('');
  expect(of('receipt', 'receipt')).toBe('');
  expect(of('ts', 'ts')).toBe('time from “ts”');
  expect(of('ts', 'receipt')).toBe('time from receipt, “ts”');
  expect(of('format')).toBe('time from payload');
  expect(of('rule')).toBe('time from a rule');
});
