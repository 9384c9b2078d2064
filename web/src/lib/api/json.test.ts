import { expect, test } from 'vitest';

import { LongNumber, isLong, keepDigits, parseJson } from './json';

test('what a double holds is a number', () => {
  for (const [text, value] of [
    ['21.5', 21.5],
    ['9007199254740992', 9007199254740992],
    ['0.30000000000000004', 0.1 + 0.2],
    ['[1.50000000000000000000]', [1.5]],
    ['{"id":"123456789012345678901"}', { id: '123456789012345678901' }],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ] as const) {
    expect(parseJson(text)).toEqual(value);
  }
});

test('what it rounds keeps its digits', () => {
  for (const digits of [
    '9007199254740993',
    '-18446744073709551616',
    '123456789.123456789',
    '0.12345678901234567890123',
    '1.2345678901234567890e-5',
  ]) {
    expect(isLong(`{"value":${digits}}`)).toBe(true);
    const value = keepDigits('', Number(digits), { source: digits });
    expect(value).toBeInstanceOf(LongNumber);
    expect(String(value)).toBe(digits);
    expect(Number(value)).toBe(Number(digits));
  }
  for (const digits of ['1.5', '9007199254740992', '0.30000000000000004', '1.50000000000000000']) {
    expect(keepDigits('', Number(digits), { source: digits })).toBe(Number(digits));
  }
  expect(keepDigits('', 21, undefined)).toBe(21);
});
