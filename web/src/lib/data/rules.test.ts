import { describe, expect, it } from 'vitest';

import type { Rule, TriedMessage } from '../api/types';
import { draftOf, memberDraft, ruleOf, savingLabel, triedRows, words } from './rules';

const WHOLE: Rule = {
  filter: 'factory/+/press',
  store: 'samples',
  format: 'msgpack',
  value: '/v',
  time: '/at',
  time_zone: 'Europe/Berlin',
  time_format: '%d.%m.%Y',
  quality: '/q',
  good: [192, true, 'ok'],
  arrays: 'rows',
  samples_max: 10,
  payload_bytes_max: 1000,
  members: [
    { path: '/debug/**', ignore: true },
    {
      path: '/t',
      rename: '/temperature',
      unit: '°C',
      scale: 0.1,
      offset: -40,
      dead_band: 0.5,
      longest_interval_s: 60,
    },
    { path: '/p', rename: '', unit_member: '/u', description: 'Oil', dead_band_percent: 2 },
  ],
};

describe('rules', () => {
  it('go through the form as they are', () => {
    for (const rule of [
      WHOLE,
      { filter: '#' },
      {
        filter: 'a',
        keep_messages: { days: 7 },
        keep_samples: { bytes: 2_500_000_000 },
        keep_rollups: { days: 3650 },
        series_max: 9,
      },
      { filter: 'a', time: 'receipt' },
      { filter: 'a', value: '', quality: '/q', good: ['192', 'a, b', 192, 'true', '"x"', '0x10'] },
    ]) {
      expect(ruleOf(draftOf(rule))).toEqual(rule);
    }
    const draft = draftOf();
    draft.filter = ' a/# ';
    // What a field of a number has when it is emptied.
    draft.samplesMax = null;
    draft.members.push({ ...memberDraft(), path: '/x', ignore: true, unit: 'V' });
    expect(ruleOf(draft)).toEqual({ filter: 'a/#', members: [{ path: '/x', ignore: true }] });
  });

  it('are told in words', () => {
    expect(words(WHOLE)).toEqual([
      'samples only',
      'read as MessagePack',
      '/v is the value',
      'time from /at (Europe/Berlin)',
      'only while /q is 192 or true or ok',
      'arrays as rows',
      '10 values at most',
      expect.stringMatching(/^read up to /),
      'without /debug/**',
      expect.stringMatching(
        /^\/t → \/temperature × 0\.1 − 40 °C, when it changes by more than 0\.5, and every /,
      ),
      expect.stringMatching(
        /^\/p → the topic itself, unit from \/u, “Oil”, when it changes by more than 2 %, and every /,
      ),
    ]);
    expect(words({ filter: '#' })).toEqual([]);
    expect(words({ filter: '#', time: 'receipt' })).toEqual(['time of receipt']);
  });

  it('are tried value by value', () => {
    const sample = (path: string, value: unknown, unit?: string, time = '') =>
      ({ path, value, unit, time }) as TriedMessage['before']['samples'][number];
    const parts = { store: 'all', format: 'json', samples_count: 2 } as const;
    const message: TriedMessage = {
      seq: 1,
      topic: 'a',
      time: '',
      before: {
        ...parts,
        samples: [sample('/t', 215), sample('/x', 1), sample('/y', 7, '', 'then')],
      },
      after: {
        ...parts,
        samples: [sample('/temp', 21.5, '°C'), sample('/x', 1), sample('/y', 7, '', 'now')],
      },
    };
    expect(triedRows(message, (time) => time)).toEqual([
      { path: '/t', before: '215', after: '' },
      { path: '/x', before: '1', after: '1' },
      { path: '/y', before: '7 at then', after: '7 at now' },
      { path: '/temp', before: '', after: '21.5 °C' },
    ]);
    expect(savingLabel(5, 5)).toBe('as many bytes as before');
    expect(savingLabel(2000, 1000)).toContain('instead of');
  });
});
