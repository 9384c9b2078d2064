/** The frames of the live stream, as they go over the WebSocket. */
import { parseJson } from '../api/json';
import type { MessageView, TreeItem } from '../api/types';

export type Request =
  | { mode: 'all'; filter: string; last?: number; since?: string }
  | { mode: 'latest'; filter: string; hz?: number; fields?: string[] }
  | { mode: 'tree'; paths: string[]; hz?: number };

/** Alias, milliseconds since the epoch, value, messages since the last row. */
export type ValueRow = [alias: number, ms: number, value: unknown, messages: number];

export type Frame =
  | { type: 'hello'; v: number; epoch: string; head?: string; limits: Record<string, number> }
  | { type: 'ok'; id: number }
  | { type: 'msgs'; id: number; replay?: boolean; cursor: string; msgs: MessageView[] }
  | { type: 'live'; id: number; cursor: string }
  | { type: 'values'; id: number; topics?: Record<string, string>; rows: ValueRow[] }
  | { type: 'tree'; id: number; nodes: TreeItem[] }
  | { type: 'gap'; id: number; from: number; to: number; reason: string }
  | { type: 'tick'; now: string; head?: string; in_rate?: number; mirror_lag_ms?: number }
  | { type: 'error'; id?: number; code: string; message: string; retry?: boolean }
  | { type: 'bye'; code: string; retry_ms?: number };

const TYPES = new Set<string>([
  'hello',
  'ok',
  'msgs',
  'live',
  'values',
  'tree',
  'gap',
  'tick',
  'error',
  'bye',
]);

/** A frame that is known; null for what a newer server may send. */
export function parseFrame(text: string): Frame | null {
  let frame: unknown;
  try {
    frame = parseJson(text);
  } catch {
    return null;
  }
  if (typeof frame !== 'object' || frame === null || !('type' in frame)) return null;
  return TYPES.has(String(frame.type)) ? (frame as Frame) : null;
}
