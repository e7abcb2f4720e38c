/**
 * What is varied, and where: each law changes one thing and leaves the others alone. Data and
 * arithmetic only; files are made in tree.ts and requests in load.ts.
 */

/** How much is measured. */
export type Extent = 'quick' | 'short' | 'full';

/** The files that requests are for. */
export type Wanted =
  | { readonly kind: 'file'; readonly size: number; readonly depth: number }
  /** Any of so many files of 1 KiB, at random. */
  | { readonly kind: 'tree'; readonly files: number };

/** One place of a law. */
export interface Place {
  readonly at: number;
  readonly wanted: Wanted;
  readonly connections: number;
  readonly seconds: number;
}

/** How figures depend on one thing. */
export interface Law {
  readonly id: string;
  readonly title: string;
  readonly axis: string;
  /** Octets are what counts, not requests. */
  readonly transfer?: boolean;
  readonly places: Readonly<Record<Extent, readonly number[]>>;
  place(at: number, seconds: number): Place;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const SMALL = { kind: 'file', size: KIB, depth: 0 } as const;

/** wrk opens its connections within the measured time: it has to be far longer than that takes. */
const OPENED_A_SECOND = 2000;
const SECONDS_AT_MOST = 4;

const CONNECTIONS = [1, 10, 100, 1000, 10_000];
const SIZES = [KIB, 16 * KIB, 256 * KIB, MIB, 16 * MIB, 100 * MIB];
const FILES = [10, 100, 1000, 10_000, 100_000];
const DEPTHS = [1, 4, 16, 64];

export const LAWS: readonly Law[] = [
  {
    id: 'connections',
    title: '1 KiB, by number of connections',
    axis: 'connections',
    places: { quick: [1, 100], short: CONNECTIONS, full: CONNECTIONS },
    place: (at, seconds) => ({
      at,
      wanted: SMALL,
      connections: at,
      seconds: Math.max(seconds, Math.min(SECONDS_AT_MOST, Math.ceil((3 * at) / OPENED_A_SECOND))),
    }),
  },
  {
    id: 'size',
    title: '20 connections, by size of the file',
    axis: 'file size',
    transfer: true,
    places: { quick: [KIB, MIB], short: SIZES, full: SIZES },
    place: (at, seconds) => ({
      at,
      wanted: { kind: 'file', size: at, depth: 0 },
      connections: 20,
      seconds,
    }),
  },
  {
    id: 'files',
    title: '1 KiB at random, 100 connections, by number of files in the tree',
    axis: 'files',
    places: { quick: [10, 1000], short: FILES, full: [...FILES, 1_000_000] },
    place: (at, seconds) => ({
      at,
      wanted: { kind: 'tree', files: at },
      connections: 100,
      seconds,
    }),
  },
  {
    id: 'depth',
    title: '1 KiB, 100 connections, by depth of the path',
    axis: 'folders above the file',
    places: { quick: [1, 16], short: DEPTHS, full: DEPTHS },
    place: (at, seconds) => ({
      at,
      wanted: { kind: 'file', size: KIB, depth: at },
      connections: 100,
      seconds,
    }),
  },
];

/** The laws of these names, all where none is given. @throws Error naming those there are */
export function lawsNamed(names: readonly string[]): Law[] {
  const known = LAWS.map(({ id }) => id);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`no law ${unknown}; there are ${known.join(', ')}`);
  return LAWS.filter(({ id }) => names.length === 0 || names.includes(id));
}
