/** Random contents and ESpecs through the encoder and the decoder, as a function of its arguments. */
import { parseArgs } from 'node:util';
import { encodeRun, encodeViolation } from '../helpers/blte-encodings.js';

/**
 * Runs as many as are asked for.
 * @param args as on the command line: `--runs 10000`, `--seed 1`
 * @param print takes lines for people
 * @returns the exit code: 1 when something did not hold
 */
export async function fuzzBlte(args: string[], print: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || !Number.isInteger(seed)) {
    throw new TypeError('--runs and --seed take numbers');
  }
  print(`seed ${seed}`);
  for (let count = 0; count < runs; count++) {
    const run = encodeRun(seed + count);
    const wrong = await encodeViolation(run).catch((error) => String(error));
    if (wrong === undefined) continue;
    print(`VIOLATION: ${wrong}`);
    print(`${run.content.length} octets, format ${run.format}, ${run.spec}`);
    print(`npm run fuzz:blte -- --runs 1 --seed ${run.seed}`);
    return 1;
  }
  print(`${runs} runs: every one was decoded to what was encoded`);
  return 0;
}
