/** A process and all that it started, looked at together from outside (Linux, proc(5)). */
import fs from 'node:fs';
import { openDescriptors, resetPeak, residentMemory } from './machine.js';

/** The pids of a process and of its descendants. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of fs.readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    const parent = maybe(() => parentOf(Number(name)));
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

function parentOf(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command in parentheses, which may hold blanks.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Resident octets of several processes together; pages that they share count for each. */
export function treeResident(pids: readonly number[]): number {
  return sum(pids, (pid) => residentMemory(pid).now);
}

/** The sum of the processes' own peaks since {@link resetTreePeak}: never below the joint peak. */
export function treePeak(pids: readonly number[]): number {
  return sum(pids, (pid) => residentMemory(pid).peak);
}

/** Lets the kernel count the peaks anew; false where it is not allowed to. */
export function resetTreePeak(pids: readonly number[]): boolean {
  return pids.every(resetPeak);
}

/** Open descriptors of several processes together. */
export function treeDescriptors(pids: readonly number[]): number {
  return sum(pids, openDescriptors);
}

/** A process that ended meanwhile holds nothing. */
function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + (maybe(() => of(pid)) ?? 0), 0);
}

function maybe<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
