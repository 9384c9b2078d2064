import { expect, it } from 'vitest';

import type { MessageView } from '../api/types';
import {
  at,
  hexLines,
  images,
  pathLabel,
  pointer,
  preview,
  shape,
  summary,
  thumbnail,
} from './payload';

const base = { seq: 1, topic: 't', time: '2026-11-22T00:00:00Z', qos: 0, retain: false };
const image = { mime: 'image/jpeg', bytes: 9, ref: '/api/v1/messages/1/payload' };

it.each<[Partial<MessageView>, string, string]>([
  [{ payload: { a: 1 } }, 'json', '{"a":1}'],
  [{ payload: 21.5 }, 'json', '21.5'],
  [{ payload: false }, 'json', 'false'],
  [{ payload: null }, 'json', 'null'],
  [{ payload: 'run\nfast' }, 'text', 'run fast'],
  [{ payload: '' }, 'empty', '(empty)'],
  [image, 'image', 'image/jpeg, 9 B'],
  [{ ...image, width: 640, height: 480 }, 'image', 'image/jpeg, 640 × 480, 9 B'],
  [{ ...image, mime: 'image/tiff' }, 'binary', 'image/tiff, 9 B'],
  [{ ...image, mime: 'application/octet-stream' }, 'binary', 'application/octet-stream, 9 B'],
])('%j is %s', (fields, kind, line) => {
  const message = { ...base, ...fields };
  expect([shape(message), preview(message)]).toEqual([kind, line]);
});

it('the images inside a payload are those that a browser shows', () => {
  const part = (path: string, mime: string) => ({ path, mime, bytes: 9, ref: `/x?path=${path}` });
  const embedded = [part('/a', 'image/png'), part('/b', 'image/tiff'), part('/c', 'text/plain')];
  expect(images({ ...base, embedded }).map(({ path }) => path)).toEqual(['/a']);
  expect(images(base)).toEqual([]);
});

it.each<[Partial<MessageView>, string | null]>([
  [{ payload: 1 }, null],
  [image, '/api/v1/messages/1/thumbnail?size=96'],
  [{ ...image, mime: 'image/bmp' }, null],
  [
    { embedded: [{ path: '/a', mime: 'image/png', bytes: 9, ref: '/m/1/payload?path=%2Fa' }] },
    '/m/1/thumbnail?path=%2Fa&size=96',
  ],
])('the thumbnail of %j is at %s', (fields, address) => {
  expect(thumbnail({ ...base, ...fields }, 96)).toBe(address);
});

it('a long payload is cut', () => {
  expect(preview({ ...base, payload: 'x'.repeat(999) }, 10)).toBe('xxxxxxxxxx…');
});

it.each([
  [21.5, '21.5'],
  ['run', 'run'],
  [true, 'true'],
  [{ value: 0.1 + 0.2 }, '0.3'],
  [{ a: 1, b: 2 }, '{"a":1,"b":2}'],
  [image, 'image/jpeg, 9 B'],
])('in little space %j is %s', (value, text) => expect(summary(value)).toBe(text));

it('a pointer leads back to what it was made of', () => {
  const payload = { 'a/b': [{ 'm~n': 7 }] };
  const path = pointer(pointer(pointer('', 'a/b'), 0), 'm~n');
  expect(path).toBe('/a~1b/0/m~0n');
  expect(at(payload, path)).toBe(7);
  expect(at(payload, '')).toBe(payload);
  expect(at(payload, '/no/such')).toBeUndefined();
  expect([pathLabel(path), pathLabel('')]).toEqual(['a/b/0/m~n', 'value']);
});

it('bytes are shown sixteen a line', () => {
  const lines = hexLines(new Uint8Array([0x41, 0, ...new Array<number>(15).fill(0x42)]));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ offset: '000000', text: `A·${'B'.repeat(14)}` });
  expect(lines[1]).toEqual({ offset: '000010', hex: '42', text: 'B' });
});
