/** What the overview makes of the list of topics, and of the status over time. */
import type { Status, TopicInfo } from './api/types';

export const LIST_ROWS = 5;

/** A topic that has been still for so many of its usual spacings is worth a look. */
const SILENT_SPACINGS = 5;
const SILENT_LEAST_MS = 30_000;

export function busiest(topics: readonly TopicInfo[]): TopicInfo[] {
  return [...topics]
    .filter((topic) => topic.rate > 0)
    .sort((a, b) => b.rate - a.rate)
    .slice(0, LIST_ROWS);
}

export function newest(topics: readonly TopicInfo[]): TopicInfo[] {
  return [...topics]
    .sort((a, b) => Date.parse(b.first_seen) - Date.parse(a.first_seen))
    .slice(0, LIST_ROWS);
}

/**
 * Topics that used to speak and have stopped: still for much longer than their own average
 * spacing. A topic with one message has no cadence, so it can't be silent.
 */
export function silent(topics: readonly TopicInfo[], now: number): TopicInfo[] {
  return topics
    .filter((topic) => {
      if (topic.messages < 3) return false;
      const last = Date.parse(topic.last_seen);
      const spacing = (last - Date.parse(topic.first_seen)) / (topic.messages - 1);
      return now - last > Math.max(SILENT_LEAST_MS, spacing * SILENT_SPACINGS);
    })
    .sort((a, b) => Date.parse(b.last_seen) - Date.parse(a.last_seen))
    .slice(0, LIST_ROWS);
}

export interface StatusPoint {
  time: number;
  in: number;
  out: number;
  lag: number;
  backlog: number;
}

const KEPT_MS = 10 * 60_000;

/** One more point, the last ten minutes kept; none for who does not see what all comes to. */
export function remembered(
  points: readonly StatusPoint[],
  status: Status,
  now: number,
): StatusPoint[] {
  if (!status.messages || !status.mirror) return [];
  const point = {
    time: now,
    in: status.messages.in_rate,
    out: status.messages.out_rate,
    lag: status.mirror.lag_ms,
    backlog: status.mirror.backlog,
  };
  return [...points.filter((each) => now - each.time < KEPT_MS), point];
}
