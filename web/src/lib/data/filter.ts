/** MQTT topic filters, as the broker reads them; for what the browser must tell by itself. */

/** Why it is not a filter, or null where it is one. */
export function filterError(filter: string): string | null {
  if (filter === '') return 'A filter has at least one character.';
  if (filter.includes('\0')) return 'A filter can’t hold a zero character.';
  const levels = filter.split('/');
  for (const [index, level] of levels.entries()) {
    if (level.includes('#') && level !== '#') return '“#” stands alone in its level.';
    if (level === '#' && index !== levels.length - 1) return '“#” must be the last level.';
    if (level.includes('+') && level !== '+') return '“+” stands alone in its level.';
  }
  return null;
}

export function hasWildcard(text: string): boolean {
  return text.split('/').some((level) => level === '+' || level === '#');
}

/** [MQTT-4.7.1]: `a/#` takes `a` too; wildcards in front do not take topics that begin with `$`. */
export function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  if (topic.startsWith('$') && (wanted[0] === '+' || wanted[0] === '#')) return false;
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true;
    if (index >= levels.length) return false;
    if (level !== '+' && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
