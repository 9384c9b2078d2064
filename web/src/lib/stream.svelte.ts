/** The page's one live connection. */
import { LiveClient } from './live/client';
import { INITIAL, mood, type LiveState } from './live/state';
import { painter, TEXT_HZ } from './paint';
import { ui } from './ui.svelte';

/** How long a tab must be in the background until its connection goes to sleep. */
const GRACE_MS = 3_000;

class Stream {
  state: LiveState = $state.raw(INITIAL);
  mood = $derived(mood(this.state, ui.paused));

  #paint = painter(TEXT_HZ, () => (this.state = this.client.state), true);
  client = new LiveClient(
    {
      open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/v1/ws`),
      now: () => Date.now(),
      chance: () => Math.random(),
      later: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    () => this.#paint.mark(),
  );

  run(): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('visibilitychange', () => {
      clearTimeout(timer);
      if (!document.hidden) this.client.start();
      else timer = setTimeout(() => this.client.sleep(), GRACE_MS);
    });
    addEventListener('online', () => this.client.start());
    if (!document.hidden) this.client.start();
  }
}

export const stream = new Stream();
