import { expect, it } from 'vitest';

import { parseSeriesKey, seriesKey } from './selection';
import { topicHref, topicOf } from './topicpath';

it.each(['a/b', 'a b/c%d', 'étage/1', '/leading', 'a//b', 'x?y=z', '.', 'a/../b', 'trailing/'])(
  'the topic %s comes back from the address bar',
  (topic) => {
    const url = new URL(topicHref(topic), 'http://host');
    expect(topicOf(url.pathname, url.searchParams)).toBe(topic);
  },
);

it.each([
  ['/live', null],
  ['/topics', ''],
  ['/topics/%E0%A4%A', null],
])('%s is the topic %j', (path, topic) => expect(topicOf(path, new URLSearchParams())).toBe(topic));

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
