/** What the live connection knows, as a pure function of what happened to it. */
import type { Frame, Request } from './frames';

export interface Subscription {
  request: Request;
  /** Where to go on after the connection was lost. */
  cursor: string | null;
  /** Whether history is still being replayed. */
  replaying: boolean;
  error: string | null;
}

export interface LiveState {
  phase: 'connecting' | 'open' | 'closed' | 'asleep';
  /** Failed tries since the last time that it was open. */
  attempt: number;
  /** What the server asked to wait before the next try, if it did. */
  retryMs: number | null;
  epoch: string | null;
  /** What the last tick said; null before the first one. */
  inRate: number | null;
  lagMs: number | null;
  /** When the last frame came; what is silent for too long is dead. */
  heardAt: number;
  subscriptions: Record<number, Subscription>;
}

export type LiveEvent =
  | { type: 'connecting'; now: number }
  | { type: 'opened'; now: number }
  | { type: 'closed' }
  | { type: 'sleep' }
  | { type: 'frame'; frame: Frame; now: number }
  | { type: 'subscribe'; id: number; request: Request }
  | { type: 'unsubscribe'; id: number };

export const INITIAL: LiveState = {
  phase: 'connecting',
  attempt: 0,
  retryMs: null,
  epoch: null,
  inRate: null,
  lagMs: null,
  heardAt: 0,
  subscriptions: {},
};

export function reduce(state: LiveState, event: LiveEvent): LiveState {
  switch (event.type) {
    case 'connecting':
      return { ...(slept(state, event.now) ? forgotten(state) : state), phase: 'connecting' };
    case 'opened':
      return { ...state, phase: 'open', attempt: 0, retryMs: null, heardAt: event.now };
    case 'closed':
      return { ...state, phase: 'closed', attempt: state.attempt + 1, inRate: null, lagMs: null };
    case 'sleep':
      return { ...state, phase: 'asleep', attempt: 0, retryMs: null };
    case 'subscribe':
      return withSubscription(state, event.id, {
        request: event.request,
        cursor: null,
        replaying: event.request.mode === 'all',
        error: null,
      });
    case 'unsubscribe': {
      const { [event.id]: _gone, ...rest } = state.subscriptions;
      return { ...state, subscriptions: rest };
    }
    case 'frame':
      return received({ ...state, heardAt: event.now }, event.frame);
  }
}

/** After so long in the background what was missed is not caught up with, but begun anew. */
const FORGET_MS = 60_000;

function slept(state: LiveState, now: number): boolean {
  return state.phase === 'asleep' && now - state.heardAt > FORGET_MS;
}

function forgotten(state: LiveState): LiveState {
  const subscriptions = Object.entries(state.subscriptions).map(
    ([id, each]): [string, Subscription] => [id, { ...each, cursor: null }],
  );
  return { ...state, subscriptions: Object.fromEntries(subscriptions) };
}

function received(state: LiveState, frame: Frame): LiveState {
  switch (frame.type) {
    case 'hello':
      return { ...state, epoch: frame.epoch };
    case 'tick':
      return { ...state, inRate: frame.in_rate ?? null, lagMs: frame.mirror_lag_ms ?? null };
    case 'bye':
      return { ...state, retryMs: frame.retry_ms ?? null };
    case 'msgs':
      return changed(state, frame.id, { cursor: frame.cursor, replaying: frame.replay ?? false });
    case 'live':
      return changed(state, frame.id, { cursor: frame.cursor, replaying: false });
    case 'error':
      if (frame.id === undefined) return state;
      return changed(state, frame.id, { error: frame.message, replaying: false });
    default:
      return state;
  }
}

function changed(state: LiveState, id: number, change: Partial<Subscription>): LiveState {
  const known = state.subscriptions[id];
  return known ? withSubscription(state, id, { ...known, ...change }) : state;
}

function withSubscription(state: LiveState, id: number, subscription: Subscription): LiveState {
  return { ...state, subscriptions: { ...state.subscriptions, [id]: subscription } };
}

/** What to ask for on a new connection: from the cursor on, where there is one. */
export function resumed({ request, cursor }: Subscription): Request {
  if (request.mode !== 'all' || cursor === null) return request;
  return { mode: 'all', filter: request.filter, since: cursor };
}

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 20_000;

/** How long to wait before the next try; `chance` in [0, 1) keeps many clients apart. */
export function backoffMs({ attempt, retryMs }: LiveState, chance: number): number {
  const base = retryMs ?? BACKOFF_FIRST_MS * 2 ** Math.max(0, attempt - 1);
  return Math.min(base, BACKOFF_MAX_MS) * (0.75 + chance / 2);
}

/** A mirror that is so far behind that history lags visibly. */
const BEHIND_MS = 3_000;

export type Mood = 'live' | 'catching up' | 'paused' | 'offline' | 'connecting';

export function mood(state: LiveState, paused: boolean): Mood {
  if (state.phase === 'closed') return 'offline';
  if (state.phase === 'connecting') return state.attempt > 0 ? 'offline' : 'connecting';
  if (paused) return 'paused';
  const replaying = Object.values(state.subscriptions).some((each) => each.replaying);
  return replaying || (state.lagMs ?? 0) > BEHIND_MS ? 'catching up' : 'live';
}
