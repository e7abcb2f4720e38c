/** The fuzzer as a function of its arguments: runs until it is time, or an invariant does not hold. */
import { parseArgs } from 'node:util';
import { INVARIANTS, REAL, type Run, runOf, shrink, type Target, violationOf } from './harness.js';

/**
 * Fuzzes `target`.
 * @param args as on the command line
 * @param print takes lines for people
 * @returns the exit code: 1 when an invariant did not hold
 * @throws TypeError for arguments that are not known
 */
export function fuzz(args: string[], print: (line: string) => void, target: Target = REAL): number {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string' },
      runs: { type: 'string' },
      seed: { type: 'string' },
      replay: { type: 'string' },
      limits: { type: 'string', default: 'default' },
    },
  });
  const seed = number('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const runs = number('runs', values.runs);
  const seconds = number('seconds', values.seconds) ?? (runs === undefined ? 20 : Infinity);
  if (values.replay !== undefined) {
    const { limits } = values;
    if (limits !== 'default' && limits !== 'small')
      throw new TypeError('--limits: default or small');
    const run: Run = { bytes: Buffer.from(values.replay, 'base64'), limits, seed };
    if (showViolation(run, print, target)) return 1;
    print('no violation');
    return 0;
  }
  print(`seed ${seed}`);
  for (const sentence of Object.values(INVARIANTS)) print(`  ${sentence}`);
  const started = performance.now();
  let count = 0;
  let octets = 0;
  while (count < (runs ?? Infinity) && performance.now() - started < seconds * 1000) {
    const run = runOf(seed + count);
    octets += run.bytes.length;
    count++;
    if (showViolation(run, print, target)) return 1;
  }
  const took = ((performance.now() - started) / 1000).toFixed(1);
  print(`${count} runs, ${octets} octets in ${took} s: every invariant held`);
  return 0;
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text)) throw new TypeError(`--${name} takes a number`);
  return Number(text);
}

function showViolation(run: Run, print: (line: string) => void, target: Target): boolean {
  const violation = violationOf(run, target);
  if (violation === undefined) return false;
  const { bytes, limits, seed } = shrink(run, target, violation);
  print(`VIOLATION: ${violation.message}`);
  print(
    `input, ${bytes.length} octets: ${JSON.stringify(bytes.toString('latin1').slice(0, 1000))}`,
  );
  print(`npm run fuzz -- --seed ${seed} --limits ${limits} --replay ${bytes.toString('base64')}`);
  return true;
}
