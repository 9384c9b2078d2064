/** The address bar as state: which page, which time range, which zone, which series. */
import { parseSeriesKey, seriesKey, type SeriesId } from './data/selection';
import { DEFAULT_RANGE, formatMoment, parseMoment, type Range } from './time/range';
import type { Zone } from './time/zone';

class Url {
  path = $state(location.pathname);
  search = $state(location.search);

  params = $derived(new URLSearchParams(this.search));
  zone: Zone = $derived(this.params.get('tz') === 'utc' ? 'utc' : 'browser');
  range: Range = $derived(readRange(this.params));
  selection: SeriesId[] = $derived(
    this.params
      .getAll('s')
      .map(parseSeriesKey)
      .filter((each) => each !== null),
  );

  read(): void {
    this.path = location.pathname;
    this.search = location.search;
  }
}

export const url = new Url();

addEventListener('popstate', () => url.read());

function readRange(params: URLSearchParams): Range {
  const from = parseMoment(params.get('from') ?? '', 'utc');
  const to = parseMoment(params.get('to') ?? 'now', 'utc');
  return from && to ? { from, to } : DEFAULT_RANGE;
}

/** What every page shares; the rest of the query belongs to one page. */
const SHARED = ['from', 'to', 'tz', 's'] as const;

/** A link to another page that shows the same time, zone and series. */
export function href(path: string, own: Record<string, string> = {}): string {
  const [pathname = '', query = ''] = path.split('?');
  const params = new URLSearchParams(query);
  for (const key of SHARED) for (const value of url.params.getAll(key)) params.append(key, value);
  for (const [key, value] of Object.entries(own)) params.set(key, value);
  return withQuery(pathname, params);
}

/** `/`, `:` and `,` may stand in a query as they are, and a person can read them. */
function withQuery(pathname: string, params: URLSearchParams): string {
  const text = params.toString().replaceAll('%2F', '/').replaceAll('%3A', ':');
  return text === '' ? pathname : `${pathname}?${text}`;
}

export function go(to: string): void {
  if (to === location.pathname + location.search) return;
  history.pushState(null, '', to);
  url.read();
  scrollTo(0, 0);
}

/** Changes parts of the query; null takes one away. Steps that nobody goes back to replace. */
export function setQuery(
  changes: Record<string, string | string[] | null>,
  how: 'push' | 'replace' = 'push',
): void {
  const params = new URLSearchParams(url.search);
  for (const [key, value] of Object.entries(changes)) {
    params.delete(key);
    for (const each of value === null ? [] : [value].flat()) params.append(key, each);
  }
  const to = withQuery(url.path, params);
  if (how === 'push') history.pushState(null, '', to);
  else history.replaceState(null, '', to);
  url.read();
}

export function setRange(range: Range): void {
  const [from, to] = [formatMoment(range.from), formatMoment(range.to)];
  const isDefault = from === formatMoment(DEFAULT_RANGE.from) && to === 'now';
  setQuery({ from: isDefault ? null : from, to: isDefault || to === 'now' ? null : to });
}

export function setSelection(selection: readonly SeriesId[]): void {
  setQuery({ s: selection.map(seriesKey) });
}

/** Clicks on our own links stay in the page. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target !== '' || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || link.hasAttribute('data-external')) return;
  event.preventDefault();
  go(link.pathname + link.search);
}
