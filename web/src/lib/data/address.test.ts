import { expect, it } from 'vitest';

import { parseSeriesKey, seriesKey } from './selection';
import { below, nameOf, placeInUrl, placeOf, steps, topicAt, topicHref } from './place';

it.each([
  'a/b',
  'a b/c%d',
  'étage/1',
  '/leading',
  'a//b',
  'x?y=z',
  '.',
  'a/../b',
  'trailing/',
  '/',
  '//',
])('the topic %s comes back from the address bar', (topic) => {
  const url = new URL(topicHref(topic), 'http://host');
  expect(topicAt(placeInUrl(url.pathname, url.searchParams) ?? '')).toBe(topic);
});

it.each([
  ['/live', null],
  ['/topics', ''],
  ['/topics/%E0%A4%A', null],
])('%s is the place %j', (path, topic) =>
  expect(placeInUrl(path, new URLSearchParams())).toBe(topic),
);

it.each([
  { topic: 'a/b', path: '/x/y' },
  { topic: 'a', path: '' },
  { topic: 'a', path: '/with#hash' },
])('the series %j comes back from its key', (series) =>
  expect(parseSeriesKey(seriesKey(series))).toEqual(series),
);

it('what is no series key is none', () => {
  expect([parseSeriesKey('a/b'), parseSeriesKey('#/x')]).toEqual([null, null]);
});

it.each([
  ['a/b', 'a/b', ['a', 'a/b'], 'b', 'a/b/#'],
  ['/a', '/a', ['/', '/a'], 'a', '/a/#'],
  ['a//b', 'a//b', ['a', 'a//', 'a//b'], 'b', 'a//b/#'],
  ['a/', 'a//', ['a', 'a//'], '(empty)', 'a//#'],
])('the topic %s has a place in the tree', (topic, place, all, name, filter) => {
  expect(placeOf(topic)).toBe(place);
  expect([steps(place), nameOf(place), below(place)]).toEqual([all, name, filter]);
});

it('only the root has no steps, and everything is below it', () => {
  expect([steps(''), below('')]).toEqual([[], '#']);
  expect([steps('/'), below('/')]).toEqual([['/'], '/#']);
});
