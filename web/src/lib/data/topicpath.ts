/** A topic in the address bar. */

/** `/topics/a/b%20c`; levels that a browser would resolve away go into the query. */
export function topicHref(topic: string): string {
  if (topic === '') return '/topics';
  const levels = topic.split('/');
  if (levels.some((level) => level === '.' || level === '..')) {
    return `/topics?topic=${encodeURIComponent(topic)}`;
  }
  return `/topics/${levels.map(encodeURIComponent).join('/')}`;
}

/** The topic of `/topics/…`, null for another page. */
export function topicOf(pathname: string, params: URLSearchParams): string | null {
  if (pathname === '/topics') return params.get('topic') ?? '';
  if (!pathname.startsWith('/topics/')) return null;
  try {
    return pathname.slice('/topics/'.length).split('/').map(decodeURIComponent).join('/');
  } catch {
    return null;
  }
}
