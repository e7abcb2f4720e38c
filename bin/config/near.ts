/** Which of some names was probably meant. */

/** The name nearest to `given`, where it is no more than a third away from it. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  // What is much longer than any name is none of them, and would take its time.
  if (given.length > 40) return undefined;
  const found = names
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (found === undefined || found.distance > Math.max(1, found.name.length / 3)) return undefined;
  return found.name;
}

/** How many letters have to be put in, taken out or replaced, or change places with the next one. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  let before: number[] = [];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] as number) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
