/** The fuzzer's own test: each invariant fails on a parser that is broken so as to break it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { HttpLimits } from '../../lib/http/limits.js';
import { type RequestEvent, RequestParser } from '../../lib/http/parser.js';
import type { Parser } from '../helpers/feed.js';
import { fuzz } from './fuzz.js';
import { check, INVARIANTS, REAL, runOf, shrink, type Target, violationOf } from './harness.js';

/** The real parser, to be broken in one place. */
class Broken implements Parser {
  readonly real: RequestParser;

  constructor(limits: HttpLimits) {
    this.real = new RequestParser(limits);
  }
  get buffered(): number {
    return this.real.buffered;
  }
  get midRequest(): boolean {
    return this.real.midRequest;
  }
  push(bytes: Buffer): void {
    this.real.push(bytes);
  }
  next(): RequestEvent | null {
    return this.real.next();
  }
}

/** Takes a CR at the end of a chunk for the end of a line. */
class SplitDependent extends Broken {
  override push(bytes: Buffer): void {
    super.push(bytes.at(-1) === 13 ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes);
  }
}

/** Trusts that a host has no bracket. */
class Throwing extends Broken {
  override next(): RequestEvent | null {
    const event = super.next();
    if (event?.kind === 'head' && event.fields.get('host')?.startsWith('['))
      throw new TypeError('[');
    return event;
  }
}

/** Reports the end of chunked content for ever. */
class Endless extends Broken {
  #ended = false;
  override next(): RequestEvent | null {
    const event = this.#ended ? ({ kind: 'end' } as const) : super.next();
    this.#ended = event?.kind === 'end';
    return event;
  }
}

/** Waits for the empty line before it looks at anything. */
class Hoarding extends Broken {
  #kept = '';
  override get buffered(): number {
    return this.#kept.length + super.buffered;
  }
  override push(bytes: Buffer): void {
    this.#kept += bytes.toString('latin1');
    const isWhole = this.#kept.includes('\r\n\r\n');
    super.push(Buffer.from(isWhole ? this.#kept : '', 'latin1'));
    if (isWhole) this.#kept = '';
  }
}

/** Reads chunk sizes too generously. */
class Generous extends Broken {
  constructor(limits: HttpLimits) {
    super({ ...limits, content: limits.content * 2 });
  }
}

/** Takes its time over every comma. */
class Slow extends Broken {
  override push(bytes: Buffer): void {
    const until = performance.now() + (bytes.includes(',') ? 30 : 0);
    while (performance.now() < until);
    super.push(bytes);
  }
}

const broken: [keyof typeof INVARIANTS, Target['parser'], time?: number][] = [
  ['split', (limits) => new SplitDependent(limits)],
  ['error', (limits) => new Throwing(limits)],
  ['progress', (limits) => new Endless(limits)],
  ['buffer', (limits) => new Hoarding(limits)],
  ['clean', (limits) => new Generous(limits)],
  ['time', (limits) => new Slow(limits), 20],
];

t.same(broken.map(([invariant]) => invariant).sort(), Object.keys(INVARIANTS).sort());
for (const [invariant, parser, time = REAL.time] of broken) {
  t.test(`caught: not "${INVARIANTS[invariant]}"`, async (t) => {
    const target: Target = { parser, time };
    for (let seed = 1; seed < 3000; seed++) {
      const run = runOf(seed);
      const violation = violationOf(run, target);
      if (violation === undefined) continue;
      t.equal(violation.invariant, invariant);
      t.match(violation.message, INVARIANTS[invariant]);
      if (invariant === 'time') return;
      const shorter = shrink(run, target, violation);
      t.equal(violationOf(shorter, target)?.invariant, invariant, 'a shorter input shows it too');
      t.ok(shorter.bytes.length <= run.bytes.length);
      return;
    }
    t.fail('not caught');
  });
}

t.test('the real parser stands a short run, with every kind of outcome', async (t) => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 1500; seed++) {
    const last = check(runOf(seed)).at(-1) ?? 'nothing';
    outcomes.add(last.replace(/^(?:data|field|head) .*/, '$1').replace(/ (\d{3}) .*/, ' $1'));
  }
  for (const outcome of [
    'more',
    'end',
    ...[400, 413, 414, 431, 501, 505].map((n) => `error ${n}`),
  ]) {
    t.ok(outcomes.has(outcome), outcome);
  }
});

t.test('the same seed gives the same run', async (t) => {
  t.same(runOf(42), runOf(42));
  t.notSame(runOf(42), runOf(43));
});

t.test('the command', async (t) => {
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const args = [main, '--runs', '20', '--seed', '7'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  t.equal(status, 0);
  t.match(stdout, /^seed 7\n[\s\S]*\n20 runs, [0-9]+ octets in [0-9.]+ s: every invariant held\n$/);
});

t.test('the command on a broken parser prints what shows it again, and ends with 1', async (t) => {
  const target: Target = { ...REAL, parser: (limits) => new Throwing(limits) };
  const lines: string[] = [];
  t.equal(
    fuzz(['--seed', '1', '--seconds', '60'], (line) => lines.push(line), target),
    1,
  );
  const replay = /^npm run fuzz -- (.*)$/m.exec(lines.join('\n'))?.[1]?.split(' ') ?? [];
  t.match(lines.join('\n'), `VIOLATION: ${INVARIANTS.error}`);
  t.equal(
    fuzz(replay, () => {}, target),
    1,
    'the reproducer',
  );
  const again: string[] = [];
  t.equal(
    fuzz(replay, (line) => again.push(line)),
    0,
    'and the real parser stands it',
  );
  t.same(again, ['no violation']);
});

t.test('the command refuses what it does not know', async (t) => {
  for (const args of [
    ['--seed', 'x'],
    ['--runs', '-1'],
    ['--seconds', ''],
    ['--replay', 'R0VU', '--limits', 'x'],
    ['--colour'],
  ]) {
    t.throws(() => fuzz(args, t.fail), args.join(' '));
  }
});
