/** The topic tree as it is shown: what has been opened, what the filter finds. */
import { api } from './api/client';
import { hasWildcard } from './data/filter';
import { steps } from './data/place';
import {
  find,
  load,
  ofTopics,
  openPaths,
  root,
  rows,
  update,
  type TreeNode,
  type TreeRow,
} from './data/tree';
import type { Handle } from './live/client';
import { painter, TEXT_HZ } from './paint';
import { stream } from './stream.svelte';

const LIVE_HZ = 2;
const FILTER_WAIT_MS = 200;
const FOUND_MOST = 300;

class OpenedTree {
  /** Grows when what is to be seen has changed. */
  version = $state(0);
  problem = $state('');
  filter = $state('');
  /** How many topics the filter found, and whether there are more; null without a filter. */
  found: { count: number; more: boolean } | null = $state(null);
  loaded = $state(false);

  /** Plain objects behind the version: they change many times a second. */
  #tree: TreeNode = root();
  #filtered: TreeNode | null = null;
  #handle: Handle | null = null;
  #followed = '';
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paint = painter(TEXT_HZ, () => (this.version += 1));

  rows: TreeRow[] = $derived.by(() => {
    void this.version;
    return rows(this.#filtered ?? this.#tree);
  });

  /** Begins, or goes on after the pane was away; returns how to end. */
  watch(): () => void {
    void this.#load(this.#tree, null);
    return () => {
      this.#handle?.close();
      this.#handle = null;
      this.#followed = '';
    };
  }

  async toggle(node: TreeNode, open = !node.open): Promise<void> {
    node.open = open;
    this.version += 1;
    if (open && node.items === null) await this.#load(node, null);
    this.#follow();
  }

  async more(node: TreeNode): Promise<void> {
    await this.#load(node, node.next);
  }

  /** Opens everything above a topic, and the topic itself. */
  async reveal(path: string): Promise<void> {
    if (path === '') return;
    if (!this.loaded) await this.#load(this.#tree, null);
    for (const step of steps(path)) {
      const node = find(this.#tree, step);
      if (!node || node.children === 0) return;
      if (!node.open || node.items === null) await this.toggle(node, true);
    }
  }

  setFilter(text: string): void {
    this.filter = text;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    if (text.trim() === '') {
      this.#filtered = null;
      this.found = null;
      this.problem = '';
      this.version += 1;
      return;
    }
    this.#timer = setTimeout(() => void this.#search(text.trim()), FILTER_WAIT_MS);
  }

  async #search(text: string): Promise<void> {
    const abort = (this.#abort = new AbortController());
    try {
      const query = hasWildcard(text) ? { filter: text } : { q: text };
      const { items, next } = await api.topics({ ...query, limit: FOUND_MOST }, abort.signal);
      this.#filtered = ofTopics(items);
      this.found = { count: items.length, more: Boolean(next) };
      this.problem = '';
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#filtered = ofTopics([]);
      this.found = null;
      this.problem = error instanceof Error ? error.message : '';
    }
    this.version += 1;
  }

  async #load(node: TreeNode, cursor: string | null): Promise<void> {
    try {
      const page = await api.tree(node.path, cursor);
      load(node, page.items, page.next ?? null);
      this.problem = '';
      if (node === this.#tree) this.loaded = true;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : '';
    }
    this.version += 1;
    this.#follow();
  }

  /** Keeps what is in view up to date. */
  #follow(): void {
    const paths = openPaths(this.#tree);
    const key = JSON.stringify(paths);
    if (key === this.#followed) return;
    this.#followed = key;
    this.#handle?.close();
    this.#handle = stream.client.subscribe(
      { mode: 'tree', paths, hz: LIVE_HZ },
      {
        tree: (items) => {
          if (update(this.#tree, items, Date.now())) this.#paint.mark();
        },
      },
    );
  }
}

export const tree = new OpenedTree();
