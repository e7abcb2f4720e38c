/** What must hold for any input: each invariant is one sentence, and is checked on every run. */
import type { HttpLimits } from '../../lib/http/limits.js';
import { RequestParser } from '../../lib/http/parser.js';
import { feed, limits, octets, type Parser, randomChunks, whole } from '../helpers/feed.js';
import { type Random, random } from '../helpers/random.js';
import { nextInput } from './mutate.js';

/** The invariants by name. */
export const INVARIANTS = {
  error: 'Nothing but HttpError is thrown, with a status that the parser may give.',
  progress: 'Every step takes an octet or ends something: the parser never stands still.',
  split: 'Any cut of the same bytes gives the same events and the same error.',
  buffer: 'Waiting for more, the parser holds no more than one line as long as its limits allow.',
  clean: 'No event holds a control octet but in content, nor more content than the limit.',
  time: 'An input of at most 40,000 octets takes no longer than its time.',
} as const;

/** Thrown when an invariant does not hold. */
export class Violation extends Error {
  readonly invariant: keyof typeof INVARIANTS;

  constructor(invariant: keyof typeof INVARIANTS, detail: string) {
    super(`${INVARIANTS[invariant]}\n${detail}`);
    this.invariant = invariant;
  }
}

/** What is fuzzed, and how. */
export interface Target {
  /** Makes the parser; another than the real one shows that the invariants can fail. */
  readonly parser: (limits: HttpLimits) => Parser;
  /** Milliseconds that one input may take, fed in one way. */
  readonly time: number;
}

/** The real parser. */
export const REAL: Target = { parser: (limits) => new RequestParser(limits), time: 500 };

/** The defaults, and small ones, which more inputs reach. */
export const LIMITS: Record<'default' | 'small', HttpLimits> = {
  default: limits({}),
  small: limits({
    target: 30,
    head: 120,
    fields: 4,
    emptyLines: 1,
    content: 12,
    chunkExtensions: 10,
    trailers: 16,
  }),
};

/** One run. */
export interface Run {
  readonly bytes: Buffer;
  readonly limits: keyof typeof LIMITS;
  /** Seeds the random cuts. */
  readonly seed: number;
}

/** The run that `seed` stands for. */
export function runOf(seed: number): Run {
  const source = random(seed);
  return { bytes: nextInput(source), limits: source.below(2) === 0 ? 'default' : 'small', seed };
}

/**
 * Checks the invariants on one run.
 * @returns the events, as lines
 * @throws Violation
 */
export function check(run: Run, target: Target = REAL): string[] {
  const { bytes, seed } = run;
  const expected = observe(run, target, () => whole(bytes));
  const source = random(seed);
  const cuts: [name: string, cut: (source: Random) => Iterable<Buffer>][] = [
    ['at random', (source) => randomChunks(bytes, source)],
    ['at random again', (source) => randomChunks(bytes, source)],
  ];
  // An octet at a time is slow where lines are long: not for every input.
  if (bytes.length < 2000 || seed % 16 === 0) cuts.push(['into octets', () => octets(bytes)]);
  for (const [name, cut] of cuts) {
    const events = observe(run, target, () => cut(source));
    const at = expected.findIndex((line, i) => line !== events[i]);
    if (at !== -1 || events.length !== expected.length) {
      const differing = at === -1 ? expected.length : at;
      throw new Violation(
        'split',
        `cut ${name}: ${JSON.stringify(events[differing])}, whole: ${JSON.stringify(expected[differing])}`,
      );
    }
  }
  return expected;
}

const STATUSES = /^error (?:400|413|414|431|501|505) /;

function observe(run: Run, target: Target, chunks: () => Iterable<Buffer>): string[] {
  const limits = LIMITS[run.limits];
  const bound = Math.max(
    limits.head + 2 * (limits.emptyLines + 1),
    limits.chunkExtensions + 10,
    limits.trailers + 2,
  );
  const cut = [...chunks()];
  let events: string[] = [];
  // A busy machine can make one measurement long; a slow parser is slow each time.
  let time = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && time > target.time; attempt++) {
    const started = performance.now();
    try {
      events = feed(cut, target.parser(limits), ({ buffered }) => {
        if (buffered > bound) throw new Violation('buffer', `${buffered} octets, not ${bound}`);
      });
    } catch (error) {
      if (error instanceof Violation) throw error;
      const { message } = error as Error;
      throw new Violation(message.includes('no progress') ? 'progress' : 'error', String(error));
    }
    time = Math.min(time, performance.now() - started);
  }
  if (time > target.time) throw new Violation('time', `${time.toFixed()} ms`);
  checkEvents(events, limits);
  return events;
}

function checkEvents(events: readonly string[], limits: HttpLimits): void {
  for (const line of events) {
    if (line.startsWith('data ')) {
      if (line.length - 5 > limits.content) throw new Violation('clean', 'too much content');
    } else if (/[^\t\x20-\x7e\x80-\xff]/.test(line)) {
      throw new Violation('clean', JSON.stringify(line));
    } else if (line.startsWith('error') && !STATUSES.test(line)) {
      throw new Violation('error', line);
    }
  }
}

/** A shorter input that violates the same invariant: parts are left out while it still does. */
export function shrink(run: Run, target: Target, violation: Violation): Run {
  let best = run;
  const started = performance.now();
  for (let length = run.bytes.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at < best.bytes.length; ) {
      if (performance.now() - started > 5000) return best;
      const { bytes } = best;
      const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
      const candidate = { ...best, bytes: shorter };
      if (violationOf(candidate, target)?.invariant === violation.invariant) best = candidate;
      else at += length;
    }
  }
  return best;
}

/** The violation that a run shows, if any. */
export function violationOf(run: Run, target: Target = REAL): Violation | undefined {
  try {
    check(run, target);
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
}
