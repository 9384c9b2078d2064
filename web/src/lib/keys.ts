/** Keys that work on every page. */
import { go, href } from './url.svelte';
import { ui } from './ui.svelte';

export const KEYS = [
  { keys: ['Ctrl', 'K'], does: 'Find a topic, a page or an action' },
  { keys: ['/'], does: 'Go to the filter' },
  { keys: ['Space'], does: 'Hold the page still, and go on' },
  { keys: ['?'], does: 'Show these keys' },
  { keys: ['g', 'o'], does: 'Overview' },
  { keys: ['g', 't'], does: 'Topics' },
  { keys: ['g', 'l'], does: 'Live' },
  { keys: ['g', 'r'], does: 'Trends' },
  { keys: ['↑', '↓', '←', '→'], does: 'Move in the tree, open and close' },
  { keys: ['Esc'], does: 'Close, clear' },
] as const;

const PAGES: Record<string, string> = { o: '/', t: '/topics', l: '/live', r: '/trends' };
const SEQUENCE_MS = 1_000;
let leaderAt = 0;

export function onKey(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    ui.dialog = ui.dialog === 'palette' ? null : 'palette';
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (ui.dialog !== null || isTyping(event.target)) return;
  const page = PAGES[event.key];
  if (page !== undefined && performance.now() - leaderAt < SEQUENCE_MS) {
    event.preventDefault();
    leaderAt = 0;
    go(href(page));
    return;
  }
  leaderAt = event.key === 'g' ? performance.now() : 0;
  if (event.key === '/') focusFilter(event);
  else if (event.key === '?') ui.dialog = 'keys';
  else if (event.key === ' ' && !isPressable(event.target)) {
    event.preventDefault();
    if (ui.onSpace) ui.onSpace();
    else ui.setPaused(!ui.paused);
  }
}

function focusFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  if (!filter) return;
  event.preventDefault();
  filter.focus();
  filter.select();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches('input, textarea, select, [contenteditable]');
}

function isPressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, summary') !== null;
}
