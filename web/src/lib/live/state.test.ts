import { describe, expect, it } from 'vitest';

import { parseFrame, type Frame } from './frames';
import { INITIAL, backoffMs, mood, reduce, resumed, type LiveEvent, type LiveState } from './state';

const after = (...events: LiveEvent[]): LiveState => events.reduce(reduce, INITIAL);
const frame = (frame: Frame, now = 0): LiveEvent => ({ type: 'frame', frame, now });
const opened: LiveEvent = { type: 'opened', now: 0 };
const sub: LiveEvent = {
  type: 'subscribe',
  id: 1,
  request: { mode: 'all', filter: 'a/#', last: 200 },
};
const msgs = frame({ type: 'msgs', id: 1, replay: true, cursor: 'e:7', msgs: [] });
const live = frame({ type: 'live', id: 1, cursor: 'e:9' });

describe('a subscription', () => {
  it('begins with its replay and is live after it', () => {
    expect(after(opened, sub).subscriptions[1]).toMatchObject({ replaying: true, cursor: null });
    expect(after(opened, sub, msgs, live).subscriptions[1]).toMatchObject({
      replaying: false,
      cursor: 'e:9',
    });
  });

  it('goes on from its cursor on a new connection', () => {
    const { subscriptions } = after(opened, sub, msgs, live, { type: 'closed' });
    expect(resumed(subscriptions[1]!)).toEqual({ mode: 'all', filter: 'a/#', since: 'e:9' });
  });

  it('begins anew where nothing came', () => {
    const { subscriptions } = after(opened, sub, { type: 'closed' });
    expect(resumed(subscriptions[1]!)).toMatchObject({ last: 200 });
  });

  it('begins anew after a long sleep, not after a short one', () => {
    const asleep = [opened, sub, msgs, live, { type: 'sleep' }] as const;
    const short = after(...asleep, { type: 'connecting', now: 5_000 });
    const long = after(...asleep, { type: 'connecting', now: 500_000 });
    expect(short.subscriptions[1]?.cursor).toBe('e:9');
    expect(long.subscriptions[1]?.cursor).toBeNull();
  });

  it('is not brought back once it has ended', () => {
    const state = after(opened, sub, { type: 'unsubscribe', id: 1 }, msgs);
    expect(state.subscriptions).toEqual({});
  });

  it('keeps what the server refused', () => {
    const refused = frame({ type: 'error', id: 1, code: 'bad_filter', message: 'no' });
    expect(after(opened, sub, refused).subscriptions[1]).toMatchObject({
      error: 'no',
      replaying: false,
    });
  });
});

describe('the pill', () => {
  const tick = (lag: number): LiveEvent =>
    frame({ type: 'tick', now: '', head: '', in_rate: 4812, mirror_lag_ms: lag });

  it.each<[string, LiveEvent[], boolean, string]>([
    ['before the first answer', [], false, 'connecting'],
    ['once open', [opened], false, 'live'],
    ['while history is replayed', [opened, sub], false, 'catching up'],
    ['when the mirror is far behind', [opened, tick(60_000)], false, 'catching up'],
    ['when held', [opened], true, 'paused'],
    ['when the connection is lost', [opened, { type: 'closed' }], false, 'offline'],
    ['when held and lost', [opened, { type: 'closed' }], true, 'offline'],
    [
      'while it tries again',
      [opened, { type: 'closed' }, { type: 'connecting', now: 0 }],
      false,
      'offline',
    ],
  ])('%s', (_, events, paused, word) => expect(mood(after(...events), paused)).toBe(word));

  it('shows what the tick said', () => {
    expect(after(opened, tick(40))).toMatchObject({ inRate: 4812, lagMs: 40 });
  });
});

describe('waiting for the next try', () => {
  const closed: LiveEvent = { type: 'closed' };

  it('takes longer each time, up to a limit', () => {
    const waits = [1, 2, 3, 20].map((tries) =>
      backoffMs(after(...Array<LiveEvent>(tries).fill(closed)), 0.5),
    );
    expect(waits).toEqual([500, 1_000, 2_000, 20_000]);
  });

  it('takes as long as the server asked for', () => {
    const bye = frame({ type: 'bye', code: 'shutdown', retry_ms: 3_000 });
    expect(backoffMs(after(opened, bye, closed), 0.5)).toBe(3_000);
  });

  it('begins anew once it was open', () => {
    expect(backoffMs(after(closed, closed, closed, opened, closed), 0.5)).toBe(500);
  });
});

it.each(['', 'no json', '[]', '7', 'null', '{"type":"new in v2"}', '{}'])(
  'the frame %s is passed over',
  (text) => expect(parseFrame(text)).toBeNull(),
);
