/** Dead letters: messages with something wrong about them. */
import type { DeadLetter } from '../api/types';

/** What is wrong with a message in one line: each problem, behind the place where it is. */
export function complaint({ problems }: Pick<DeadLetter, 'problems'>): string {
  return problems
    .map(({ path, text }) => (typeof path === 'string' && path !== '' ? `${path}: ${text}` : text))
    .join('; ');
}
