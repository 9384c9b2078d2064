/** MQTT clients, as people read of them. */
import type { ClientInfo } from '../api/types';
import * as format from '../format';

/** By what it is connected, and for how long; or for how long it has not been. */
export function connectionLabel(client: ClientInfo, now: number): string {
  const { connection, disconnected_at: since } = client;
  if (connection) {
    const age = format.age(Date.parse(connection.since), now);
    const by = { tcp: 'TCP', tls: 'TLS', websocket: 'WebSocket' }[connection.transport];
    const how = `MQTT ${connection.version}, ${by ?? connection.transport}`;
    return `${age === 'now' ? 'just now' : age} · ${how}`;
  }
  if (typeof since !== 'string') return 'not connected';
  const age = format.age(Date.parse(since), now);
  return age === 'now' ? 'gone just now' : `gone for ${age}`;
}

/** For how long its session waits for it. */
export function sessionLabel({ session_expiry_s: expiry }: ClientInfo): string {
  if (typeof expiry !== 'number') return 'kept for ever';
  return expiry === 0 ? 'ends with it' : `kept for ${format.duration(expiry * 1000)}`;
}
