/**
 * Fuzzes the request parser: `npm run fuzz -- [--seconds 20] [--runs N] [--seed N]`, and
 * `npm run fuzz -- --replay BASE64 [--limits small] [--seed N]` for what it found. Ends with 1 when
 * an invariant did not hold, and prints an input that shows it.
 */
import { fuzz } from './fuzz.js';

process.exitCode = fuzz(process.argv.slice(2), console.log);
