/**
 * The program of the thread that compares passwords with bcrypt hashes: each takes a tenth of a second or
 * more, which no connection shall wait for.
 */
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import type { Comparison, Verdict } from './bcrypt-checks.js';

parentPort?.on('message', ({ call, password, hash }: Comparison) => {
  const verdict: Verdict = { call, matches: bcrypt.compareSync(password, hash) };
  parentPort?.postMessage(verdict);
});
