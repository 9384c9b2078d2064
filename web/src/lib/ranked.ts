/** Which of these fit what was typed, best first: every word must begin a word, or be inside. */
export function ranked<T>(all: readonly T[], typed: string, label: (each: T) => string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...all];
  return all
    .map((each) => ({ each, score: score(label(each).toLowerCase(), words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ each }) => each);
}

function score(text: string, words: readonly string[]): number {
  let total = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    total += at === 0 ? 3 : /\W/.test(text[at - 1] ?? '') ? 2 : 1;
  }
  return total;
}
