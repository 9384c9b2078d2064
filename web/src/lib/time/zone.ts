/** Wall-clock time in a zone, without a library: `Intl` knows every offset. */

export type Zone = 'browser' | 'utc';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: Zone): Intl.DateTimeFormat {
  let found = formats.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', {
      timeZone: zoneName(zone),
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, found);
  }
  return found;
}

/** The IANA name. */
export function zoneName(zone: Zone): string {
  return zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export type Wall = [
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
];

/** What a clock on the wall shows. */
export function wall(epoch: number, zone: Zone): Wall {
  const found: Record<string, number> = {};
  for (const part of format(zone).formatToParts(epoch)) found[part.type] = Number(part.value);
  return [
    found['year'] ?? 0,
    found['month'] ?? 0,
    found['day'] ?? 0,
    found['hour'] ?? 0,
    found['minute'] ?? 0,
    found['second'] ?? 0,
  ];
}

function asUtc([year, month, day, hour, minute, second]: Wall): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** How far the wall is ahead of UTC, in milliseconds. */
export function offset(epoch: number, zone: Zone): number {
  if (zone === 'utc') return 0;
  const second = Math.floor(epoch / 1_000) * 1_000;
  return asUtc(wall(second, zone)) - second;
}

/** The instant at which the wall shows this; around a change of the clocks the later reading. */
export function toEpoch(time: Wall, zone: Zone): number {
  const utc = asUtc(time);
  const guess = utc - offset(utc, zone);
  return utc - offset(guess, zone);
}

export function startOfDay(epoch: number, zone: Zone): number {
  const [year, month, day] = wall(epoch, zone);
  return toEpoch([year, month, day, 0, 0, 0], zone);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `06:14:09`, with milliseconds where asked. */
export function clock(epoch: number, zone: Zone, withMs = false): string {
  const [, , , hour, minute, second] = wall(epoch, zone);
  const text = `${two(hour)}:${two(minute)}:${two(second)}`;
  const ms = Math.floor(((epoch % 1_000) + 1_000) % 1_000);
  return withMs ? `${text}.${String(ms).padStart(3, '0')}` : text;
}

/** `2026-11-22`. */
export function date(epoch: number, zone: Zone): string {
  const [year, month, day] = wall(epoch, zone);
  return `${year}-${two(month)}-${two(day)}`;
}

/** `2026-11-22 06:14:09.120`. */
export function dateTime(epoch: number, zone: Zone, withMs = false): string {
  return `${date(epoch, zone)} ${clock(epoch, zone, withMs)}`;
}
