/** What is plotted: series as `topic#/path`; no topic can hold a `#`, so nothing is ambiguous. */

export interface SeriesId {
  topic: string;
  path: string;
}

export function seriesKey({ topic, path }: SeriesId): string {
  return `${topic}#${path}`;
}

export function parseSeriesKey(key: string): SeriesId | null {
  const cut = key.indexOf('#');
  if (cut <= 0) return null;
  return { topic: key.slice(0, cut), path: key.slice(cut + 1) };
}
