/** What history takes, as people read it. */
import type { Storage } from '../api/types';
import * as format from '../format';

/** A part of all that history takes. */
export interface StorageShare {
  label: string;
  bytes: number;
  /** From 0 to 1. */
  share: number;
}

export function shares(storage: Storage): StorageShare[] {
  const of = (kind: Storage['parts'][number]['kind']): number =>
    storage.parts
      .filter((part) => part.kind === kind)
      .reduce((bytes, part) => bytes + part.bytes, 0);
  const parts: [string, number][] = [
    ['Messages', of('messages')],
    ['Samples', of('samples')],
    ['Rollups', of('rollups')],
    ['New messages and samples', storage.hot_bytes],
    ['Dead letters', storage.dead_letters_bytes],
    ['Topics and series', storage.catalog_bytes],
  ];
  return parts.map(([label, bytes]) => ({
    label,
    bytes,
    share: bytes / Math.max(1, storage.bytes),
  }));
}

/** What one message, or one sample, takes. */
export function eachLabel(part: Storage['parts'][number]): string {
  const { bytes_each: each } = part;
  if (typeof each !== 'number') return '';
  return each < 10 ? `${each.toFixed(1)} B` : format.bytes(Math.round(each));
}

/** For how long the disk lasts. */
export function lastsLabel(storage: Storage): string {
  const { free_bytes: free, growth_bytes_per_day: growth, lasts_days: days } = storage;
  if (typeof days === 'number') {
    if (days < 2) return format.duration(days * 86_400_000);
    if (days > 3650) return 'more than 10 years';
    return format.some(Math.floor(days), 'day');
  }
  if (typeof free !== 'number') return 'not known';
  return typeof growth === 'number' ? 'nothing will fill it' : 'too early to say';
}
