/**
 * A place in the topic tree: the levels of a topic joined by slashes, and one more slash where the
 * last level is empty, so that every place has a path of its own and only the root has the empty
 * one. The topic `a/` is at the place `a//`.
 */

export function placeOf(topic: string): string {
  return join(topic.split('/'));
}

/** The topic at a place that is not the root. */
export function topicAt(place: string): string {
  return place.endsWith('/') ? place.slice(0, -1) : place;
}

export function levels(place: string): string[] {
  return place === '' ? [] : topicAt(place).split('/');
}

function join(levels: readonly string[]): string {
  return levels.join('/') + (levels.at(-1) === '' ? '/' : '');
}

/** The places from the first level down to this one: `a`, `a/b`, `a/b/c`. */
export function steps(place: string): string[] {
  const all = levels(place);
  return all.map((_, index) => join(all.slice(0, index + 1)));
}

export function nameOf(place: string): string {
  const name = levels(place).at(-1) ?? '';
  return name === '' ? '(empty)' : name;
}

/** The filter for a place and everything below it. */
export function below(place: string): string {
  return place === '' ? '#' : `${topicAt(place)}/#`;
}

/** `/topics/a/b%20c`; levels that a browser would resolve away go into the query. */
export function placeHref(place: string): string {
  if (place === '') return '/topics';
  const all = place.split('/');
  if (all.some((level) => level === '.' || level === '..')) {
    return `/topics?place=${encodeURIComponent(place)}`;
  }
  return `/topics/${all.map(encodeURIComponent).join('/')}`;
}

export function topicHref(topic: string): string {
  return placeHref(placeOf(topic));
}

/** The place of `/topics/…`, null for another page. */
export function placeInUrl(pathname: string, params: URLSearchParams): string | null {
  if (pathname === '/topics') return params.get('place') ?? '';
  if (!pathname.startsWith('/topics/')) return null;
  try {
    return pathname.slice('/topics/'.length).split('/').map(decodeURIComponent).join('/');
  } catch {
    return null;
  }
}
