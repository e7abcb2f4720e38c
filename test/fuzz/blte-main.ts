/** `npm run fuzz:blte`: random contents and ESpecs, encoded and decoded. */
import { fuzzBlte } from './blte.js';

process.exitCode = await fuzzBlte(process.argv.slice(2), console.log);
