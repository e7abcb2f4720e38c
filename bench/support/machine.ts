/**
 * What is asked of the machine: processors to pin to, and what Linux knows of a process from the
 * outside (proc(5)). Everything degrades to `undefined` where the system has no such thing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

/** Whether processes can be looked at from outside. */
export const hasProc: boolean = fs.existsSync('/proc/self/stat');

/** Clock ticks per second in `/proc/PID/stat`. */
const TICKS_PER_SECOND = hasProc ? Number(maybeOutput('getconf', ['CLK_TCK']) ?? 100) : 100;

const canPin =
  os.cpus().length > 1 && maybeOutput('taskset', ['-p', `${process.pid}`]) !== undefined;

/** Whether servers and generators each have a processor of their own. */
export const pinned: boolean = canPin;

/** A command line that runs on one processor, or on the first two, where that can be had. */
export function pin(
  cpu: 0 | 1 | 'both',
  command: string,
  args: readonly string[],
): [string, string[]] {
  const list = cpu === 'both' ? '0,1' : `${cpu}`;
  return canPin ? ['taskset', ['-c', list, command, ...args]] : [command, [...args]];
}

/** What a program prints, or `undefined` when it is absent or fails. */
export function maybeOutput(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, [...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch {
    return undefined;
  }
}

/** What a program prints on its error stream, such as nginx its version. */
export function maybeStderr(command: string, args: readonly string[]): string | undefined {
  return spawnSync(command, [...args], { encoding: 'utf8' }).stderr ?? undefined;
}

/** Moves this process to a processor, where that can be had. */
export function pinSelf(cpu: 0 | 1): void {
  if (canPin) maybeOutput('taskset', ['-a', '-c', '-p', `${cpu}`, `${process.pid}`]);
}

/** Whether a program can be found: asked by running it with an argument that does nothing. */
export function isInstalled(command: string, harmless: string): boolean {
  try {
    execFileSync(command, [harmless], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

/** Seconds of processor time: of a process with all its threads, and of children it waited for. */
export interface ProcessTimes {
  readonly own: number;
  readonly waitedFor: number;
}

/** The processor time a process has used so far. */
export function processTimes(pid: number): ProcessTimes {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number);
  const seconds = (a = 0, b = 0) => (a + b) / TICKS_PER_SECOND;
  return { own: seconds(user, system), waitedFor: seconds(childUser, childSystem) };
}

/** Seconds of processor time that a process has used, all its threads together. */
export function cpuSeconds(pid: number): number | undefined {
  return hasProc ? processTimes(pid).own : undefined;
}

/** Resident octets of a process: now, and at most since {@link resetPeak}. */
export interface ResidentMemory {
  readonly now: number;
  readonly peak: number;
}

/** The resident set of a process. */
export function residentMemory(pid: number): ResidentMemory {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return { now: kibibytes(status, 'VmRSS'), peak: kibibytes(status, 'VmHWM') };
}

function kibibytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+([0-9]+) kB$`, 'm').exec(status)?.[1]) * 1024;
}

/** Lets the kernel count the peak of the resident set anew; false where it is not allowed to. */
export function resetPeak(pid: number): boolean {
  try {
    fs.writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

/** How many descriptors a process has open. */
export function openDescriptors(pid: number): number {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

/** How many descriptors a process started from here may open; node raises itself to that at its start. */
export function mostDescriptors(): number {
  if (!hasProc) return Number.POSITIVE_INFINITY;
  const limits = fs.readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** Octets that a server may be made to hold: well below what would push the machine to its limit. */
export function memoryBudget(): number {
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(0.4 * Math.min(os.freemem(), constrained), 8e9);
}

/** One line on what the figures were made with. */
export function describeMachine(): string {
  const [cpu] = os.cpus();
  const place = canPin ? 'server on core 0, generator on core 1' : 'not pinned';
  return `Node ${process.versions.node}, ${os.cpus().length} × ${cpu?.model.trim() ?? 'cpu'}, ${os.type()} ${os.release()}, ${place}`;
}
