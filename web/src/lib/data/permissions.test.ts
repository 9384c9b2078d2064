import { expect, test } from 'vitest';

import { inShort, layerInShort, NO_FILTERS, permissionsOf, textsOf } from './permissions';

test('filters are written one a line, and read back as they were', () => {
  const texts = { read: 'a/#\n\n b/+ ', write: '', denyRead: 'a/secret', denyWrite: '' };
  const permissions = permissionsOf(texts);
  expect(permissions).toEqual({
    read: ['a/#', 'b/+'],
    write: null,
    deny_read: ['a/secret'],
    deny_write: [],
  });
  expect(permissionsOf(textsOf(permissions))).toEqual(permissions);
});

test('what somebody may do is said in a few words', () => {
  const none = NO_FILTERS;
  expect(inShort('administrator', none)).toBe('everything');
  expect(inShort('viewer', undefined)).toBe('reads everywhere');
  expect(inShort('device', none)).toBe('reads nowhere · publishes nowhere');
  expect(inShort('operator', { ...none, read: ['a/#'], deny_read: ['a/b'] })).toBe(
    'reads a/# but a/b · publishes everywhere',
  );
  expect(inShort('operator', { ...none, write: [] })).toBe('reads everywhere · publishes nowhere');
});

test('somebody is told what they may do by their own name, and by their role where nothing is said', () => {
  const layer = {
    of: 'account' as const,
    configured: { ...NO_FILTERS, read: ['by/%u/#'] },
    named: { read: ['by/press/#'], write: ['#', '$SYS/#'], deny_read: [], deny_write: ['other'] },
  };
  expect(layerInShort('operator', layer)).toBe('reads by/press/# · publishes everywhere but other');
});
