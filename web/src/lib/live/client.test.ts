import { beforeEach, describe, expect, it, vi } from 'vitest';

import { LiveClient } from './client';

class Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  sent: unknown[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  says(...frames: object[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

let sockets: Socket[];
let timers: { ms: number; run: () => void }[];
let now: number;
let client: LiveClient;

beforeEach(() => {
  sockets = [];
  timers = [];
  now = 0;
  client = new LiveClient(
    {
      open: () => {
        const socket = new Socket();
        sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      now: () => now,
      chance: () => 0.5,
      later: (ms, run) => {
        const timer = { ms, run };
        timers.push(timer);
        return () => (timers = timers.filter((each) => each !== timer));
      },
    },
    () => undefined,
  );
});

const runTimer = (ms: number): void => {
  const timer = timers.find((each) => each.ms === ms);
  timers = timers.filter((each) => each !== timer);
  timer?.run();
};

describe('the live client', () => {
  it('subscribes once it is open, and again from its cursor on a new connection', () => {
    client.subscribe({ mode: 'all', filter: 'a', last: 5 }, {});
    client.start();
    expect(sockets[0]?.sent).toEqual([]);
    sockets[0]?.onopen?.();
    expect(sockets[0]?.sent).toEqual([{ type: 'sub', id: 1, mode: 'all', filter: 'a', last: 5 }]);
    sockets[0]?.says({ type: 'msgs', id: 1, cursor: 'e:3', msgs: [] });
    sockets[0]?.onclose?.();
    runTimer(500);
    sockets[1]?.onopen?.();
    expect(sockets[1]?.sent).toEqual([
      { type: 'sub', id: 1, mode: 'all', filter: 'a', since: 'e:3' },
    ]);
  });

  it('learns the names of topics as they come, anew on each connection', () => {
    const values = vi.fn();
    client.subscribe(
      { mode: 'latest', filter: '#' },
      { values: (rows, topicOf) => values(rows.map(([alias]) => topicOf(alias))) },
    );
    client.start();
    sockets[0]?.onopen?.();
    sockets[0]?.says(
      { type: 'values', id: 1, topics: { 4: 'a/b' }, rows: [[4, 1, 2, 1]] },
      { type: 'values', id: 1, rows: [[4, 2, 3, 1]] },
    );
    expect(values.mock.calls).toEqual([[['a/b']], [['a/b']]]);
    sockets[0]?.onclose?.();
    runTimer(500);
    sockets[1]?.onopen?.();
    sockets[1]?.says({ type: 'values', id: 1, rows: [[4, 2, 3, 1]] });
    expect(values).toHaveBeenLastCalledWith([undefined]);
  });

  it('gives up a connection that has gone silent', () => {
    client.start();
    sockets[0]?.onopen?.();
    now = 60_000;
    runTimer(4_000);
    expect(sockets[0]?.closed).toBe(true);
    expect(client.state.phase).toBe('closed');
  });

  it('asks again for what could not be had just now', () => {
    client.subscribe({ mode: 'all', filter: 'a', last: 5 }, {});
    client.start();
    sockets[0]?.onopen?.();
    sockets[0]?.says({ type: 'error', id: 1, code: 'away', message: '…', retry: true });
    runTimer(3_000);
    expect(sockets[0]?.sent).toHaveLength(2);
  });

  it('hands nothing on once a subscription has ended', () => {
    const messages = vi.fn();
    const handle = client.subscribe({ mode: 'all', filter: 'a' }, { messages });
    client.start();
    sockets[0]?.onopen?.();
    handle.close();
    sockets[0]?.says({ type: 'msgs', id: 1, cursor: 'e:3', msgs: [] });
    expect(messages).not.toHaveBeenCalled();
    expect(sockets[0]?.sent.at(-1)).toEqual({ type: 'unsub', id: 1 });
  });

  it('does nothing while it sleeps', () => {
    client.start();
    sockets[0]?.onopen?.();
    client.sleep();
    expect([sockets[0]?.closed, timers.length, sockets.length]).toEqual([true, 0, 1]);
    client.start();
    expect(sockets).toHaveLength(2);
  });
});
