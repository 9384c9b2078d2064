import { expect, test } from 'vitest';

import { complaint } from './defects';

test('a complaint names each defect behind its place', () => {
  const defects = [
    { code: 'unreadable' as const, path: '/motor/temp', text: 'number out of range' },
    { code: 'implausible_time' as const, path: '', text: 'not a plausible time' },
    { code: 'refused' as const, text: 'the database refuses the data' },
  ];
  expect(complaint({ defects })).toBe(
    '/motor/temp: number out of range; not a plausible time; the database refuses the data',
  );
});
