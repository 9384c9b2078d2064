/**
 * The part of the server's topic tree that has been opened. Children are loaded when their parent
 * is opened; numbers and values are brought up to date by the live stream.
 */
import type { TopicInfo, TreeItem } from '../api/types';
import { conflated } from './payload';
import { placeOf, steps } from './place';

export interface TreeNode extends TreeItem {
  open: boolean;
  /** Loaded so far, by name; null before the first load. */
  items: TreeNode[] | null;
  /** Where the next page begins; null when all are loaded. */
  next: string | null;
  /** Its last payload, where it is a topic itself. */
  value: unknown;
  /** When messages last arrived while it was in view; for the flash. */
  touched: number;
}

export interface TreeRow {
  node: TreeNode;
  depth: number;
  /** Of its siblings, from 1. */
  position: number;
  siblings: number;
  /** Not the node itself, but the place where more of its children can be loaded. */
  more: boolean;
}

export function root(): TreeNode {
  return node({
    name: '',
    path: '',
    children: 0,
    topics: 0,
    messages: 0,
    rate: 0,
    last_seen: '',
    latest: null,
  });
}

export function node(item: TreeItem): TreeNode {
  return { ...item, open: false, items: null, next: null, value: lastValue(item), touched: 0 };
}

function lastValue({ latest }: TreeItem): unknown {
  return latest ? conflated(latest) : undefined;
}

/** Adds a page of children, keeping what is open below those that were there already. */
export function load(parent: TreeNode, items: readonly TreeItem[], next: string | null): void {
  const known = new Map((parent.items ?? []).map((child) => [child.path, child]));
  for (const item of items) {
    const child = known.get(item.path);
    if (child) Object.assign(child, item, { value: lastValue(item) ?? child.value });
    else known.set(item.path, node(item));
  }
  parent.items = [...known.values()].sort(byName);
  parent.next = next;
}

const collator = new Intl.Collator('en', { numeric: true });

function byName(a: TreeNode, b: TreeNode): number {
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}

export function find(from: TreeNode, path: string): TreeNode | null {
  if (path === '') return from;
  let found: TreeNode | undefined = from;
  for (const step of steps(path)) found = found?.items?.find((child) => child.path === step);
  return found ?? null;
}

/** Takes what changed; a node that is new under an opened and wholly loaded parent is added. */
export function update(from: TreeNode, items: readonly TreeItem[], now: number): boolean {
  let changed = false;
  for (const item of items) {
    const known = find(from, item.path);
    if (known) {
      if (item.messages !== known.messages) known.touched = now;
      Object.assign(known, item, { value: lastValue(item) ?? known.value });
      changed = true;
      continue;
    }
    const parent = find(from, steps(item.path).at(-2) ?? '');
    if (parent?.items && parent.next === null) {
      load(parent, [item], null);
      const added = find(from, item.path);
      if (added) added.touched = now;
      changed = true;
    }
  }
  return changed;
}

/** The rows to show, in order. */
export function rows(from: TreeNode): TreeRow[] {
  const out: TreeRow[] = [];
  const walk = (parent: TreeNode, depth: number): void => {
    const items = parent.items ?? [];
    for (const [index, child] of items.entries()) {
      out.push({ node: child, depth, position: index + 1, siblings: items.length, more: false });
      if (child.open) walk(child, depth + 1);
    }
    if (parent.next !== null) {
      const end = items.length + 1;
      out.push({ node: parent, depth, position: end, siblings: items.length, more: true });
    }
  };
  walk(from, 0);
  return out;
}

/** The paths whose children are in view: what the live stream is asked for. */
export function openPaths(from: TreeNode): string[] {
  const out = [''];
  for (const { node: each, more } of rows(from)) {
    if (!more && each.open && each.items) out.push(each.path);
  }
  return out;
}

/** A tree of these topics alone, all open: the answer to a filter. */
export function ofTopics(topics: readonly TopicInfo[]): TreeNode {
  const top = root();
  top.items = [];
  for (const { topic, messages, rate, last_seen } of topics) {
    const place = placeOf(topic);
    const names = topic.split('/');
    let parent = top;
    for (const [depth, path] of steps(place).entries()) {
      let child: TreeNode | undefined = parent.items?.find((each) => each.path === path);
      if (!child) {
        child = { ...root(), name: names[depth] ?? '', path, last_seen };
        parent.items = [...(parent.items ?? []), child];
        parent.children = parent.items.length;
        parent.open = true;
      }
      child.topics += 1;
      child.messages += messages;
      child.rate += rate;
      parent = child;
    }
  }
  return top;
}
