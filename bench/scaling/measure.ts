/** One server at one place of a law, once: the load, and what the server used meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant } from '../servers/contestant.js';
import {
  cpuSeconds,
  hasProc,
  openDescriptors,
  resetPeak,
  residentMemory,
} from '../support/machine.js';
import type { Figures } from '../support/results.js';
import type { LoadMaker, SteadyFigures, SteadyLoad } from './load.js';

/** p99 of fewer answers than this is one answer's. */
const ENOUGH_FOR_P99 = 100;

/** What was used of the machine during a load; `undefined` where the system doesn't tell. */
export interface Used {
  readonly cpu: number | undefined;
  readonly peak: number | undefined;
}

/** Runs the load against a server. @throws Error where it gave no answer at all */
export async function measure(
  server: Contestant,
  load: SteadyLoad,
  maker: LoadMaker,
  transfer: boolean,
): Promise<Figures> {
  const exact = hasProc && resetPeak(server.pid);
  const descriptors = hasProc ? openDescriptors(server.pid) : 0;
  const before = cpuSeconds(server.pid);
  const result = await maker.run(load);
  const after = cpuSeconds(server.pid);
  const memory = hasProc ? residentMemory(server.pid) : undefined;
  if (hasProc) await connectionsGone(server.pid, descriptors);
  if (result.responses === 0 && result.errors === 0) throw new Error('no answer in the time');
  return figuresOf(
    result,
    {
      cpu: before === undefined || after === undefined ? undefined : after - before,
      peak: exact ? memory?.peak : memory?.now,
    },
    transfer,
  );
}

/** The figures of a run. What could not be measured is left out; with errors that is everything. */
export function figuresOf(result: SteadyFigures, used: Used, transfer: boolean): Figures {
  const { responses, octets, seconds, p99, errors } = result;
  if (errors > 0) return { errors };
  return {
    requestsPerSecond: responses / seconds,
    ...(transfer ? { bytesPerSecond: octets / seconds } : {}),
    ...(used.cpu === undefined
      ? {}
      : transfer
        ? { cpuPerGigabyte: (used.cpu / octets) * 1e9 }
        : { cpuPerRequest: (used.cpu / responses) * 1e6 }),
    ...(responses >= ENOUGH_FOR_P99 ? { p99 } : {}),
    ...(used.peak === undefined ? {} : { rssPeak: used.peak }),
    errors,
  };
}

/** Thousands of connections take a while to close; the next run must not pay for that. */
async function connectionsGone(pid: number, before: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (openDescriptors(pid) <= before + 20) return;
    await sleep(50);
  }
}
