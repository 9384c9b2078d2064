/** Defects: what is wrong with a message. */
import type { DeadLetter } from '../api/types';

/** What is wrong with a message in one line: each defect, behind the place where it is. */
export function complaint({ defects }: Pick<DeadLetter, 'defects'>): string {
  return defects
    .map(({ path, text }) => (typeof path === 'string' && path !== '' ? `${path}: ${text}` : text))
    .join('; ');
}
