import { expect, it } from 'vitest';

import { filterError, matches } from './filter';

it.each([
  ['a/b', 'a/b', true],
  ['a/b', 'a/b/c', false],
  ['a/+', 'a/b', true],
  ['a/+', 'a', false],
  ['a/+/c', 'a/b/c', true],
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['#', 'a', true],
  ['+', '/a', false],
  ['+/+', '/a', true],
  ['#', '$SYS/uptime', false],
  ['$SYS/#', '$SYS/uptime', true],
])('%s takes %s: %s', (filter, topic, expected) => expect(matches(filter, topic)).toBe(expected));

it.each(['a/#', '#', '+', 'a/+/b', '/'])('%s is a filter', (filter) =>
  expect(filterError(filter)).toBeNull(),
);

it.each(['', 'a#', 'a/#/b', 'a+', 'a/b+/c'])('%s is none, and it says why', (filter) =>
  expect(filterError(filter)).toMatch(/\w/),
);
