/** Permissions of accounts and tokens, as people write them: one filter a line. */
import type { PermissionLayer, Permissions, Role } from '../api/types';

export interface FilterTexts {
  read: string;
  write: string;
  denyRead: string;
  denyWrite: string;
}

export const ROLES: Record<Role, string> = {
  administrator: 'everything, accounts included',
  operator: 'reads and publishes everywhere, unless filters say where',
  viewer: 'reads everywhere, unless filters say where; never publishes',
  device: 'reads and publishes where its filters say, and nowhere without any',
};

export const ROLE_NAMES = Object.keys(ROLES) as Role[];

/** As the role has it. */
export const NO_FILTERS: Permissions = { read: null, write: null, deny_read: [], deny_write: [] };

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** No filter at all leaves it to the role. */
export function permissionsOf(texts: FilterTexts): Permissions {
  const [read, write] = [lines(texts.read), lines(texts.write)];
  return {
    read: read.length > 0 ? read : null,
    write: write.length > 0 ? write : null,
    deny_read: lines(texts.denyRead),
    deny_write: lines(texts.denyWrite),
  };
}

export function textsOf(permissions: Permissions | undefined): FilterTexts {
  const text = (filters: string[] | null | undefined): string => (filters ?? []).join('\n');
  return {
    read: text(permissions?.read),
    write: text(permissions?.write),
    denyRead: text(permissions?.deny_read),
    denyWrite: text(permissions?.deny_write),
  };
}

/** In a few words where somebody may read and publish. */
export function inShort(role: Role, permissions: Permissions | undefined): string {
  if (role === 'administrator') return 'everything';
  const where = (
    allowed: string[] | null | undefined,
    denied: string[] | undefined,
    otherwise: string,
  ): string => {
    const within = allowed ? (allowed.length > 0 ? allowed.join(', ') : 'nowhere') : otherwise;
    return denied && denied.length > 0 ? `${within} but ${denied.join(', ')}` : within;
  };
  const everywhere = role === 'device' ? 'nowhere' : 'everywhere';
  const read = `reads ${where(permissions?.read, permissions?.deny_read, everywhere)}`;
  if (role === 'viewer') return read;
  return `${read} · publishes ${where(permissions?.write, permissions?.deny_write, everywhere)}`;
}

/** The same of one of those that decide, for whoever is signed in: with their names in place. */
export function layerInShort(role: Role, { configured, named }: PermissionLayer): string {
  return inShort(role, {
    ...named,
    read: configured.read ? named.read : null,
    write: configured.write ? named.write : null,
  });
}
