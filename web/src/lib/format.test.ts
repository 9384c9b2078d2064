import { expect, it } from 'vitest';

import * as format from './format';
import { busiest, newest, silent } from './overview';
import { ranked } from './ranked';
import { mqttAddress, snippets } from './snippets';

it.each([
  [0, '0'],
  [21.5, '21.5'],
  [0.1 + 0.2, '0.3'],
  [1499, '1499'],
  [12345678, '12,345,678'],
  [-0.00005, '-5.000e-5'],
  [1234.5678, '1234.57'],
  [68.0712345, '68.0712'],
])('%s is written %s', (value, text) => expect(format.number(value)).toBe(text));

it.each([
  [0, '0'],
  [0.04, '<0.1'],
  [12.34, '12.3'],
  [4812.4, '4,812'],
])('the rate %s is written %s', (value, text) => expect(format.rate(value)).toBe(text));

it.each([
  [40, '40 ms'],
  [1_300, '1.3 s'],
  [59_000, '59 s'],
  [600_000, '10 min'],
  [8 * 3_600_000, '8 h'],
])('%s ms last %s', (ms, text) => expect(format.duration(ms)).toBe(text));

it.each([
  [500, 'now'],
  [5_900, '5 s'],
  [240_000, '4 min'],
])('%s ms ago is %s', (ms, text) => expect(format.age(0, ms)).toBe(text));

it.each([
  [999, '999 B'],
  [48_211_234, '48.2 MB'],
  [183_220, '183 kB'],
])('%s bytes are %s', (bytes, text) => expect(format.bytes(bytes)).toBe(text));

it('the snippets carry this host and the port that the server told', () => {
  const info = { mqtt: { tcp: '0.0.0.0:1884', tls: null, websocket: '/mqtt' } } as never;
  expect(mqttAddress(info, 'plant-7')).toEqual({ host: 'plant-7', port: 1884 });
  expect(mqttAddress(null, '::1').port).toBe(1883);
  const all = snippets(info, { hostname: 'plant-7', origin: 'http://plant-7:8080' });
  expect(all.map((each) => each.code.includes('plant-7'))).toEqual([true, true, true]);
});

it('what fits best comes first', () => {
  expect(ranked(['Go live', 'Live', 'Olive', 'Topics'], 'live', String)).toEqual([
    'Live',
    'Go live',
    'Olive',
  ]);
});

const NOW = Date.parse('2026-11-22T12:00:00Z');
const topic = (name: string, firstAgo: number, lastAgo: number, messages: number, rate = 0) => ({
  topic: name,
  messages,
  bytes: 0,
  rate,
  first_seen: new Date(NOW - firstAgo).toISOString(),
  last_seen: new Date(NOW - lastAgo).toISOString(),
  seq: 1,
  series: [],
});

it('a topic is silent by its own cadence', () => {
  const hour = 3_600_000;
  const topics = [
    topic('every second, gone', hour, 60_000, 3_600),
    topic('every second', hour, 1_000, 3_600, 1),
    topic('hourly', 10 * hour, hour, 10),
    topic('once', hour, hour, 1),
  ];
  const names = (found: readonly { topic: string }[]): string[] => found.map((each) => each.topic);
  expect(names(silent(topics, NOW))).toEqual(['every second, gone']);
  expect(names(busiest(topics))).toEqual(['every second']);
  expect(names(newest(topics))[3]).toBe('hourly');
});
