/** The shapes of `/api/v1`, under the names that the dashboard uses. */

export interface Info {
  name: string;
  version: string;
  epoch: string;
  started_at: string;
  dashboard: string;
  mqtt: { tcp: string | null; tls: string | null; websocket: string };
  database: { kind: string; version: string | null; timescaledb: string | null };
  limits: Record<string, number>;
}

export interface Status {
  now: string;
  uptime_s: number;
  ready: boolean;
  messages: {
    received: number;
    acknowledged: number;
    stored: number;
    quarantined: number;
    shed: number;
    in_rate: number;
    out_rate: number;
  };
  journal: { head: number; durable: number; bytes: number; bytes_max: number; full: boolean };
  mirror: { cursor: number; backlog: number; lag_ms: number; up: boolean };
  clients: number;
  sessions: number;
  subscriptions: number;
  topics: number;
  series: number;
  retained: number;
  database_bytes: number | null;
}

export interface SeriesInfo {
  path: string;
  kind: string;
  unit?: string | null;
}

export interface TopicInfo {
  topic: string;
  messages: number;
  bytes: number;
  rate: number;
  first_seen: string;
  last_seen: string;
  seq: number;
  series: SeriesInfo[];
}

export interface LatestValue extends SeriesInfo {
  time: string;
  value: unknown;
}

export interface MessageView {
  seq: number;
  topic: string;
  time: string;
  qos: number;
  retain: boolean;
  client?: string | null;
  payload?: unknown;
  mime?: string | null;
  bytes?: number | null;
  ref?: string | null;
  properties?: Properties | null;
}

export interface Properties {
  content_type?: string | null;
  response_topic?: string | null;
  correlation_data?: string | null;
  message_expiry_s?: number | null;
  user?: string[][] | null;
}

export interface LatestItem extends MessageView {
  messages: number;
  rate: number;
  series: LatestValue[];
}

export interface TreeItem {
  name: string;
  path: string;
  children: number;
  topics: number;
  messages: number;
  rate: number;
  last_seen: string;
  latest?: LatestItem | null;
}

export interface SampleSeries extends SeriesInfo {
  topic: string;
  columns: string[];
  rows: (number | string | boolean | null)[][];
}

export interface SampleSet {
  from: string;
  to: string;
  every_ms?: number | null;
  complete_to: number;
  truncated: boolean;
  series: SampleSeries[];
}

export interface Ledger {
  received: number;
  acknowledged: number;
  stored: number;
  quarantined: number;
  shed: number;
  waiting: number;
  balanced: boolean;
}

export interface Page<Item> {
  items: Item[];
  next?: string | null;
}

/** RFC 9457. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string | null;
}
