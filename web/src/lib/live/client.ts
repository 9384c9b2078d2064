/**
 * One WebSocket for the whole page: it comes back by itself, asks again for what was subscribed,
 * and goes on where it was. In a background tab it sleeps: no socket, no work.
 */
import type { MessageView, TreeItem } from '../api/types';
import { parseFrame, type Frame, type Request, type ValueRow } from './frames';
import { INITIAL, backoffMs, reduce, resumed, type LiveEvent, type LiveState } from './state';

export interface Handler {
  messages?(messages: MessageView[], replay: boolean): void;
  values?(rows: ValueRow[], topicOf: (alias: number) => string | undefined): void;
  tree?(items: TreeItem[]): void;
  gap?(from: number, to: number, reason: string): void;
  /** Replay is over. */
  live?(): void;
  error?(message: string): void;
}

export interface Handle {
  close(): void;
}

export interface Environment {
  open(): WebSocket;
  now(): number;
  chance(): number;
  later(ms: number, run: () => void): () => void;
  /** Whether whoever looks at the page is still signed in is to be asked. */
  doubt?(): void;
}

/** The server says something every 5 s; three times that without a word is a dead connection. */
const SILENCE_MS = 16_000;

const RETRY_MS = 3_000;

/** The close code of a connection whose sign-in holds no more. */
const SIGNED_OUT = 4401;

export class LiveClient {
  state: LiveState = INITIAL;

  #socket: WebSocket | null = null;
  #handlers = new Map<number, Handler>();
  #aliases = new Map<number, Map<number, string>>();
  #nextId = 1;
  #cancelRetry: (() => void) | null = null;
  #cancelWatch: (() => void) | null = null;

  constructor(
    private readonly environment: Environment,
    private readonly onState: (state: LiveState) => void,
  ) {}

  start(): void {
    if (this.#socket) return;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#happened({ type: 'connecting', now: this.environment.now() });
    const socket = this.environment.open();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(String(event.data));
    socket.onclose = (event) => {
      if (this.#socket !== socket) return;
      this.#lost();
      // Refused or cut: who looks at the page may be somebody else by now, or nobody.
      if (event?.code === SIGNED_OUT || this.state.attempt > 1) this.environment.doubt?.();
    };
  }

  /** Closes the connection until the next `start`; subscriptions and cursors stay. */
  sleep(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#drop();
    this.#happened({ type: 'sleep' });
  }

  subscribe(request: Request, handler: Handler): Handle {
    const id = this.#nextId++;
    this.#handlers.set(id, handler);
    this.#happened({ type: 'subscribe', id, request });
    if (this.state.phase === 'open') this.#send({ type: 'sub', id, ...request });
    return {
      close: () => {
        if (!this.#handlers.delete(id)) return;
        this.#aliases.delete(id);
        this.#happened({ type: 'unsubscribe', id });
        if (this.state.phase === 'open') this.#send({ type: 'unsub', id });
      },
    };
  }

  #opened(): void {
    this.#happened({ type: 'opened', now: this.environment.now() });
    this.#aliases.clear();
    for (const [id, subscription] of Object.entries(this.state.subscriptions)) {
      this.#send({ type: 'sub', id: Number(id), ...resumed(subscription) });
    }
    this.#watch();
  }

  #watch(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = this.environment.later(SILENCE_MS / 4, () => {
      if (this.environment.now() - this.state.heardAt > SILENCE_MS) this.#lost();
      else this.#watch();
    });
  }

  #lost(): void {
    this.#drop();
    this.#happened({ type: 'closed' });
    const wait = backoffMs(this.state, this.environment.chance());
    this.#cancelRetry = this.environment.later(wait, () => this.start());
  }

  #drop(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #received(text: string): void {
    const frame = parseFrame(text);
    if (!frame) return;
    this.#happened({ type: 'frame', frame, now: this.environment.now() });
    this.#handOn(frame);
  }

  #handOn(frame: Frame): void {
    if (!('id' in frame) || frame.id === undefined) return;
    const handler = this.#handlers.get(frame.id);
    if (!handler) return;
    switch (frame.type) {
      case 'msgs':
        return handler.messages?.(frame.msgs, frame.replay ?? false);
      case 'values': {
        const aliases = this.#learn(frame.id, frame.topics ?? {});
        return handler.values?.(frame.rows, (alias) => aliases.get(alias));
      }
      case 'tree':
        return handler.tree?.(frame.nodes);
      case 'gap':
        return handler.gap?.(frame.from, frame.to, frame.reason);
      case 'live':
        return handler.live?.();
      case 'error':
        if (frame.retry) this.#askAgain(frame.id);
        return handler.error?.(frame.message);
    }
  }

  /** What could not be had just now: a database that is away. */
  #askAgain(id: number): void {
    this.environment.later(RETRY_MS, () => {
      const subscription = this.state.subscriptions[id];
      if (this.state.phase !== 'open' || !subscription) return;
      this.#send({ type: 'sub', id, ...resumed(subscription) });
    });
  }

  /** A topic's name is sent once, and a number from then on. */
  #learn(id: number, topics: Record<string, string>): Map<number, string> {
    let known = this.#aliases.get(id);
    if (!known) this.#aliases.set(id, (known = new Map()));
    for (const [alias, topic] of Object.entries(topics)) known.set(Number(alias), topic);
    return known;
  }

  #send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #happened(event: LiveEvent): void {
    const before = this.state;
    this.state = reduce(before, event);
    if (this.state !== before) this.onState(this.state);
  }
}
