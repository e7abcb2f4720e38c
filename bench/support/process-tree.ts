/**
 * A server as all its processes: it and those it started, from Linux's /proc. What one alone uses is
 * machine.ts's matter.
 */
import fs from 'node:fs';
import { hasProc, openDescriptors, processTimes, resetPeak, residentMemory } from './machine.js';

/** What a server holds and has used. */
export interface Usage {
  /** Seconds of processor time, that of processes which ended included. */
  readonly cpu: number;
  /** Octets resident; pages that processes share are counted for each of them. */
  readonly resident: number;
  readonly descriptors: number;
}

/** A process and all that it started, itself first. */
export function processTree(pid: number): number[] {
  const tree = [pid];
  for (const each of tree) tree.push(...childrenOf(each));
  return tree;
}

function childrenOf(pid: number): number[] {
  try {
    return fs
      .readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .filter((text) => text.trim() !== '')
      .map(Number);
  } catch {
    // It has ended, or the kernel doesn't tell of children: then it counts alone.
    return [];
  }
}

/** What a server and its children use now; `undefined` where the system doesn't tell. */
export function maybeUsage(pid: number): Usage | undefined {
  if (!hasProc) return undefined;
  let cpu = 0;
  let resident = 0;
  let descriptors = 0;
  for (const each of processTree(pid)) {
    try {
      const times = processTimes(each);
      cpu += times.own + times.waitedFor;
      resident += residentMemory(each).now;
      descriptors += openDescriptors(each);
    } catch (error) {
      // A child that ended meanwhile is counted by its parent; the server itself must be there.
      if (each === pid) throw error;
    }
  }
  return { cpu, resident, descriptors };
}

/** What of {@link maybeUsage} is resident, by itself: descriptors take longer to count. */
export function residentNow(pid: number): number {
  return sumOf(pid, (each) => residentMemory(each).now);
}

/** Lets the kernel count the peaks of the resident sets anew; false where it is not allowed to. */
export function resetPeaks(pid: number): boolean {
  return processTree(pid).every((each) => resetPeak(each));
}

/** The sum of the peaks since {@link resetPeaks}: an upper bound, as they need not be at one time. */
export function peakResident(pid: number): number {
  return sumOf(pid, (each) => residentMemory(each).peak);
}

function sumOf(pid: number, of: (pid: number) => number): number {
  let sum = 0;
  for (const each of processTree(pid)) {
    try {
      sum += of(each);
    } catch (error) {
      if (each === pid) throw error;
    }
  }
  return sum;
}
