/** Who looks at the dashboard, and what they may do. */
import { ApiError, onSignedOut, session } from './api/client';
import type { FirstRun, Me } from './api/types';
import { stream } from './stream.svelte';

class Who {
  /** `null` as long as that is not known. */
  me: Me | null = $state.raw(null);
  wantsToSignIn = $state(false);
  /** Why it is not known. */
  problem = $state('');

  isKnown = $derived(this.me !== null);
  /** Nobody needs to sign in, or somebody has. */
  isIn = $derived(this.me !== null && this.me.name !== null && !this.wantsToSignIn);
  isOpen = $derived(this.me?.open ?? false);
  seesTotals = $derived(this.me?.sees_totals ?? false);
  administers = $derived(this.me?.role === 'administrator' && !this.isOpen);
  /** May publish somewhere. */
  publishes = $derived(this.me?.publishes ?? false);

  async ask(): Promise<void> {
    try {
      this.#is(await session.me());
    } catch (error) {
      this.problem = error instanceof ApiError ? error.message : 'The server does not answer.';
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    this.#is(await session.signIn(name, password));
  }

  async firstRun(wish: FirstRun): Promise<void> {
    this.#is(await session.firstRun(wish));
  }

  async signOut(): Promise<void> {
    await session.signOut();
    stream.stop();
    await this.ask();
  }

  /** Lets somebody who came in without showing anything sign in. */
  leave(): void {
    stream.stop();
    this.wantsToSignIn = true;
  }

  #is(me: Me): void {
    this.wantsToSignIn = false;
    this.me = me;
    this.problem = '';
  }
}

export const who = new Who();

stream.doubt = () => void who.ask();
onSignedOut(() => {
  // Asked once: the answers to other questions come at the same time.
  if (who.isIn) void who.ask();
});
