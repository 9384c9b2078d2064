/** What a payload is, and how it is shown. */
import type { Embedded, MessageView } from '../api/types';
import { LongNumber } from '../api/json';
import { bytes, number } from '../format';

export type PayloadShape = 'json' | 'text' | 'image' | 'binary' | 'empty';

/** Whether browsers show it: of images, all but TIFF. */
function isShown(mime = ''): boolean {
  return mime.startsWith('image/') && mime !== 'image/tiff';
}

/** The images inside a payload that a browser shows. */
export function images(message: MessageView): Embedded[] {
  return (message.embedded ?? []).filter(({ mime }) => isShown(mime));
}

/** Of what the server makes small pictures. */
const PICTURED = /^image\/(jpeg|png|gif|webp)$/;

/** Where a small picture of the message is, or of the first image inside it. */
export function thumbnail(message: MessageView, size: number): string | null {
  const parts = [message, ...(message.embedded ?? [])];
  const ref = parts.find(({ mime, ref }) => ref && PICTURED.test(mime ?? ''))?.ref;
  if (!ref) return null;
  const address = ref.replace('/payload', '/thumbnail');
  return `${address}${address.includes('?') ? '&' : '?'}size=${size}`;
}

/** Bytes in one line: `image/jpeg, 640 × 480, 81 kB`. */
export function described(
  part: Partial<Pick<Embedded, 'mime' | 'bytes' | 'width' | 'height'>>,
): string {
  const { mime = 'application/octet-stream', bytes: size = 0, width, height } = part;
  const pixels = typeof width === 'number' && typeof height === 'number';
  return [mime, ...(pixels ? [`${width} × ${height}`] : []), bytes(size)].join(', ');
}

export function shape(message: MessageView): PayloadShape {
  if (message.ref !== undefined && message.ref !== null) {
    return isShown(message.mime) ? 'image' : 'binary';
  }
  if (message.payload === '' || message.payload === undefined) return 'empty';
  return typeof message.payload === 'string' ? 'text' : 'json';
}

/** One line for a list. */
export function preview(message: MessageView, length = 200): string {
  const kind = shape(message);
  if (message.stripped) return '(not stored, by a rule)';
  if (kind === 'empty') return '(empty)';
  if (kind === 'image' || kind === 'binary') return described(message);
  const text =
    typeof message.payload === 'string' ? message.payload : JSON.stringify(message.payload);
  const line = text.slice(0, length * 2).replace(/\s+/g, ' ');
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** What the conflated stream says in place of a payload that goes by reference. */
interface Reference {
  mime: string;
  bytes: number;
  ref: string;
}

function isReference(value: object): value is Reference {
  return 'ref' in value && 'mime' in value && 'bytes' in value;
}

/** A payload in very little space: the value itself where there is but one. */
export function summary(value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (value instanceof LongNumber) return value.digits;
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (isReference(value)) return described(value);
  const [only, ...others] = Object.values(value);
  if (others.length === 0 && only !== undefined && typeof only !== 'object') return summary(only);
  return JSON.stringify(value).slice(0, 200);
}

/** The payload of a message as the conflated stream has it. */
export function conflated(message: MessageView): unknown {
  const { payload, mime, bytes: size, ref } = message;
  return ref === undefined ? payload : { mime, bytes: size, ref };
}

/** One step further down: RFC 6901. */
export function pointer(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** What a JSON Pointer finds. */
export function at(payload: unknown, path: string): unknown {
  if (path === '') return payload;
  let found: unknown = payload;
  for (const step of path.slice(1).split('/')) {
    if (typeof found !== 'object' || found === null) return undefined;
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

export interface HexLine {
  offset: string;
  hex: string;
  text: string;
}

export function hexLines(data: Uint8Array, width = 16): HexLine[] {
  const lines: HexLine[] = [];
  for (let start = 0; start < data.length; start += width) {
    const part = [...data.slice(start, start + width)];
    lines.push({
      offset: start.toString(16).padStart(6, '0'),
      hex: part.map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      text: part
        .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'))
        .join(''),
    });
  }
  return lines;
}

/** How a path is called where space is short: the payload itself has no name. */
export function pathLabel(path: string): string {
  return path === '' ? 'value' : path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}
