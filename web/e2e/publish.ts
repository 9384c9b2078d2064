/** Publishing as a user does, to the server that UNSPOOL_MQTT (host:port) names. */
import { execFileSync } from 'node:child_process';

const [host = '127.0.0.1', given = '1883'] = (process.env['UNSPOOL_MQTT'] ?? '').split(':');

export const port = given;

/** One message that is kept for those who subscribe later. */
export function retain(topic: string, payload: string): void {
  const to = ['-h', host || '127.0.0.1', '-p', port, '-q', '1', '-r', '-t', topic];
  execFileSync('mosquitto_pub', [...to, '-m', payload]);
}

/** Each payload in a message of its own. */
export function publish(topic: string, ...payloads: string[]): void {
  const to = ['-h', host || '127.0.0.1', '-p', port, '-q', '1', '-t', topic, '-l'];
  execFileSync('mosquitto_pub', to, { input: payloads.map((line) => `${line}\n`).join('') });
}
