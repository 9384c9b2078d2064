import { beforeEach, describe, expect, it } from 'vitest';

import type { TopicInfo, TreeItem } from '../api/types';
import { find, load, node, ofTopics, openPaths, root, rows, update, type TreeNode } from './tree';

function item(path: string, fields: Partial<TreeItem> = {}): TreeItem {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const last_seen = '2026-11-22T00:00:00Z';
  return { name, path, children: 0, topics: 1, messages: 1, rate: 0, last_seen, ...fields };
}

function info(topic: string): TopicInfo {
  const seen = '2026-11-22T00:00:00Z';
  const known = { messages: 1, bytes: 1, rate: 0, first_seen: seen, last_seen: seen, seq: 1 };
  return { topic, ...known, series: [] };
}

const paths = (tree: TreeNode): string[] =>
  rows(tree).map(({ node, depth, more }) => `${'  '.repeat(depth)}${more ? '…' : node.path}`);

let tree: TreeNode;
beforeEach(() => {
  tree = root();
  load(tree, [item('a', { children: 2 }), item('b')], null);
});

describe('the tree', () => {
  it('shows only what is open', () => {
    const a = find(tree, 'a') ?? node(item('x'));
    load(a, [item('a/2'), item('a/10')], null);
    expect(paths(tree)).toEqual(['a', 'b']);
    a.open = true;
    expect(paths(tree)).toEqual(['a', '  a/2', '  a/10', 'b']);
    expect(openPaths(tree)).toEqual(['', 'a']);
  });

  it('has a place to load more where there is more', () => {
    load(tree, [item('c')], 'next');
    expect(paths(tree)).toEqual(['a', 'b', 'c', '…']);
  });

  it('keeps what is open when its parent is loaded again', () => {
    const a = find(tree, 'a') ?? node(item('x'));
    a.open = true;
    load(tree, [item('a', { messages: 9 })], null);
    expect(find(tree, 'a')).toMatchObject({ open: true, messages: 9 });
  });

  it('takes new counts and new nodes, and marks what moved', () => {
    expect(update(tree, [item('b', { messages: 5 }), item('c'), item('z/deep')], 77)).toBe(true);
    expect(find(tree, 'b')).toMatchObject({ messages: 5, touched: 77 });
    expect(find(tree, 'c')).toMatchObject({ touched: 77 });
    expect(find(tree, 'z/deep')).toBeNull();
  });

  it('keeps the last value of a topic current', () => {
    const latest = (payload: unknown): TreeItem =>
      item('b', {
        latest: {
          seq: 1,
          topic: 'b',
          time: '',
          qos: 0,
          retain: false,
          messages: 1,
          rate: 0,
          series: [],
          payload,
        },
      });
    update(tree, [latest(21.5)], 1);
    expect(find(tree, 'b')?.value).toBe(21.5);
    update(tree, [item('b')], 2);
    expect(find(tree, 'b')?.value).toBe(21.5);
    update(tree, [latest(22)], 3);
    expect(find(tree, 'b')?.value).toBe(22);
  });
});

it('the answer to a filter is a tree that is all open', () => {
  const found = ofTopics([info('a/x/1'), info('a/x/2'), info('b'), info('/c')]);
  expect(paths(found)).toEqual(['a', '  a/x', '    a/x/1', '    a/x/2', 'b', '/', '  /c']);
  expect(find(found, 'a')).toMatchObject({ topics: 2, messages: 2, name: 'a' });
  expect(find(found, 'a/x/1')).toMatchObject({ topics: 1, name: '1' });
});
