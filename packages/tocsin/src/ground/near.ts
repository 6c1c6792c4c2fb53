// Words near a misspelt one, for messages that say what was probably meant.
import { byText } from './ids.ts';

/** Up to three of the known words within a third of the word's length in edits, nearest first; case is ignored. */
export function nearestWords(word: string, known: readonly string[]): readonly string[] {
  const reach = Math.max(1, Math.floor(Math.min(word.length, 64) / 3));
  return known
    .map((candidate) => ({
      candidate,
      distance: editDistance(word.slice(0, 64).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ distance }) => distance <= reach)
    .sort((left, right) => left.distance - right.distance || byText(left.candidate, right.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein distance: insertions, deletions and substitutions. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let down = 1; down <= left.length; down += 1) {
    const next = [down];
    for (let across = 1; across <= right.length; across += 1) {
      const swap = (row[across - 1] ?? 0) + (left[down - 1] === right[across - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[across] ?? 0) + 1, (next[across - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
