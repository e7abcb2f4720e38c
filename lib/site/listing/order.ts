/**
 * In which order a folder is listed: read from a query, and brought about a few milliseconds at a time, so
 * that others are answered meanwhile. Knows nothing of how it is shown.
 */
import type { Entry } from '../../source/source.js';

/** What entries are ordered by. */
export type SortKey = 'name' | 'size' | 'date';

/** An order; folders come first in each. */
export interface Order {
  readonly key: SortKey;
  readonly descending: boolean;
}

const KEYS: readonly string[] = ['name', 'size', 'date'] satisfies SortKey[];

/** The order that a query such as `?sort=size&order=desc` asks for; what it does not know it ignores. */
export function readOrder(query: string): Order {
  const parameters = new URLSearchParams(query);
  const key = parameters.get('sort') ?? '';
  return {
    key: KEYS.includes(key) ? (key as SortKey) : 'name',
    descending: parameters.get('order') === 'desc',
  };
}

/** The query that asks for an order. */
export function orderQuery({ key, descending }: Order): string {
  return `?sort=${key}&order=${descending ? 'desc' : 'asc'}`;
}

/** Compares two entries as `sort` wants it. */
export type Comparison = (a: Entry, b: Entry) => number;

/** Making it takes some milliseconds, which only who lists folders shall wait for. */
let collator: Intl.Collator | undefined;

/** Folders first; names as people count, file2 before file10; what is equal otherwise by name. */
export function comparison({ key, descending }: Order): Comparison {
  collator ??= new Intl.Collator('en', { numeric: true });
  const { compare } = collator;
  const sign = descending ? -1 : 1;
  // 1 and 01 are equal to a collator: no order may depend on where the disk has them.
  const byName: Comparison = (a, b) => compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
  const byKey: Comparison =
    key === 'name'
      ? (a, b) => sign * byName(a, b)
      : (a, b) => sign * (measure(a, key) - measure(b, key)) || byName(a, b);
  return (a, b) => rank(a) - rank(b) || byKey(a, b);
}

function rank({ kind }: Entry): number {
  return kind === 'collection' ? 0 : 1;
}

function measure({ size = 0, modified = 0 }: Entry, key: 'size' | 'date'): number {
  return key === 'size' ? size : modified;
}

/** Entries sorted in one go: less than a millisecond. */
const RUN = 256;

/** How long sorting goes on before others have their turn, in milliseconds. */
const SLICE = 4;

/** Sorts without keeping anybody waiting for long. Ends early, in no order, where `signal` is aborted. */
export async function sortInTurns(
  entries: readonly Entry[],
  compare: Comparison,
  signal: AbortSignal,
): Promise<Entry[]> {
  const turns = new Turns();
  let runs: Entry[][] = [];
  for (let at = 0; at < entries.length; at += RUN) {
    runs.push(entries.slice(at, at + RUN).sort(compare));
    await turns.pause();
  }
  while (runs.length > 1 && !signal.aborted) {
    const merged: Entry[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(await merge(runs[at] as Entry[], runs[at + 1] ?? [], compare, turns));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(
  left: readonly Entry[],
  right: readonly Entry[],
  compare: Comparison,
  turns: Turns,
): Promise<Entry[]> {
  const merged: Entry[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length || r < right.length) {
    const fromLeft = left[l];
    const fromRight = right[r];
    const takesLeft =
      fromRight === undefined || (fromLeft !== undefined && compare(fromLeft, fromRight) <= 0);
    merged.push((takesLeft ? fromLeft : fromRight) as Entry);
    if (takesLeft) l++;
    else r++;
    if (merged.length % RUN === 0) await turns.pause();
  }
  return merged;
}

/** Gives others their turn once a slice of time is used up. */
class Turns {
  #until = performance.now() + SLICE;

  async pause(): Promise<void> {
    if (performance.now() < this.#until) return;
    await nextTurn();
    this.#until = performance.now() + SLICE;
  }
}

/** Resolves when everybody else had a turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
