import { expect, test } from 'vitest';

import type { ClientInfo } from '../api/types';
import { connectionLabel, sessionLabel } from './clients';

const now = Date.parse('2026-11-27T12:00:00Z');
const flow = { messages: 0, bytes: 0, rate: 0 };
const client: ClientInfo = {
  client: 'press',
  account: 'anonymous',
  subscriptions: 0,
  queued: 0,
  in_flight: 0,
  queued_bytes: 0,
  received: flow,
  sent: flow,
};

test('a client is connected, or has been gone for some time', () => {
  const since = '2026-11-27T11:00:00Z';
  const connection = { since, address: '127.0.0.1:1', transport: 'tls', version: '5.0' };
  expect(connectionLabel({ ...client, connection }, now)).toBe('60 min · MQTT 5.0, TLS');
  expect(connectionLabel({ ...client, disconnected_at: since }, now)).toBe('gone for 60 min');
  expect(connectionLabel(client, now)).toBe('not connected');
});

test('a session ends with its connection, later, or never', () => {
  expect(sessionLabel({ ...client, session_expiry_s: 0 })).toBe('ends with it');
  expect(sessionLabel({ ...client, session_expiry_s: 3600 })).toBe('kept for 60 min');
  expect(sessionLabel(client)).toBe('kept for ever');
});
