/** What a process holds: descriptors, sockets, timers. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './client.js';

/** Whether this system tells what descriptors a process has open. */
export const canCountDescriptors: boolean = existsSync('/proc/self/fd');

/** How many descriptors a process has open. */
export function descriptors(pid: number = process.pid): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many descriptors of a process are open on what `path` starts with. */
export function descriptorsOn(path: string, pid: number = process.pid): number {
  let count = 0;
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(path)) count++;
    } catch {
      // closed meanwhile
    }
  }
  return count;
}

/** Resident memory of a process in octets. */
export function residentMemory(pid: number = process.pid): number {
  const pages = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1];
  return Number(pages) * 4096;
}

/** Processor time of a process in seconds. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How many active resources of a kind this process has, such as `Timeout` or `TCPSocketWrap`. */
export function resources(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

/** Waits until a process has at most `count` descriptors, and gives how many it has. */
export async function descriptorsDownTo(
  count: number,
  pid: number = process.pid,
  milliseconds = 10_000,
): Promise<number> {
  await until(() => descriptors(pid) <= count, milliseconds, `${count} descriptors`).catch(
    () => {},
  );
  return descriptors(pid);
}
