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
      doubt: () => this.doubt(),
      now: () => Date.now(),
      chance: () => Math.random(),
      later: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    () => this.#paint.mark(),
  );

  /** Asks whether whoever looks at the page is still signed in. */
  doubt = (): void => {};
  #ends: (() => void) | null = null;

  /** Keeps the connection, as long as the page is seen. */
  run(): void {
    this.stop();
    const ended = new AbortController();
    const { signal } = ended;
    this.#ends = () => ended.abort();
    let timer: ReturnType<typeof setTimeout> | undefined;
    signal.addEventListener('abort', () => clearTimeout(timer));
    const onVisible = (): void => {
      clearTimeout(timer);
      if (!document.hidden) this.client.start();
      else timer = setTimeout(() => this.client.sleep(), GRACE_MS);
    };
    document.addEventListener('visibilitychange', onVisible, { signal });
    addEventListener('online', () => this.client.start(), { signal });
    if (!document.hidden) this.client.start();
  }

  /** Nobody is there any longer who may see anything. */
  stop(): void {
    this.#ends?.();
    this.#ends = null;
    this.client.sleep();
  }
}

export const stream = new Stream();
