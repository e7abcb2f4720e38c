/** What the machine has room for: asked before, so that what does not fit is left out and said. */
import fs from 'node:fs';

/** What bounds connections. `Infinity`: not known, so not in the way. */
export interface SocketRoom {
  /** Descriptors of a process. */
  readonly descriptors: number;
  /** Ports of one local address. */
  readonly ports: number;
}

/** What bounds files. */
export interface DiskRoom {
  readonly inodes: number;
  readonly octets: number;
}

/** Descriptors that a process has open besides its connections. */
const OTHER_DESCRIPTORS = 100;

/** Ports still taken by connections that ended a moment ago. */
const PORT_MARGIN = 2;

/** The least that a file takes on most file systems, and its share of a folder. */
const OCTETS_PER_FILE = 4096 + 64;

/** Left free for everybody else. */
const DISK_SHARE = 0.5;

/** Why so many connections can't be had; `undefined`: they can. */
export function connectionsProblem(count: number, { descriptors }: SocketRoom): string | undefined {
  const needed = count + OTHER_DESCRIPTORS;
  if (needed <= descriptors) return undefined;
  return `${count.toLocaleString('en')} connections take ${needed.toLocaleString('en')} descriptors, and ulimit -n is ${descriptors.toLocaleString('en')}`;
}

/** How many local addresses it takes to have a port for each of so many connections. */
export function addressesFor(count: number, { ports }: SocketRoom): number {
  return Math.max(1, Math.ceil((count * PORT_MARGIN) / ports));
}

/** Why so many more files can't be had; `undefined`: they can. */
export function filesProblem(count: number, { inodes, octets }: DiskRoom): string | undefined {
  const files = `${count.toLocaleString('en')} more files`;
  if (count > inodes * DISK_SHARE) {
    return `${files} would take over half of the ${inodes.toLocaleString('en')} inodes left`;
  }
  if (count * OCTETS_PER_FILE > octets * DISK_SHARE) {
    return `${files} would take over half of the ${Math.floor(octets / 1e6).toLocaleString('en')} MB left`;
  }
  return undefined;
}

/** What this process and those it starts may have. */
export function socketRoom(): SocketRoom {
  const limits = maybeRead('/proc/self/limits');
  const range = maybeRead('/proc/sys/net/ipv4/ip_local_port_range');
  const [first, last] = range?.trim().split(/\s+/).map(Number) ?? [];
  return {
    descriptors: numberOr(/^Max open files +([0-9]+)/m.exec(limits ?? '')?.[1]),
    ports: first === undefined || last === undefined ? Number.POSITIVE_INFINITY : last - first + 1,
  };
}

/** What the file system of a folder has left. */
export function diskRoom(folder: string): DiskRoom {
  const { ffree, files, bavail, bsize } = fs.statfsSync(folder);
  // Some file systems make inodes as they go, and count none.
  return { inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree, octets: bavail * bsize };
}

function maybeRead(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function numberOr(text: string | undefined): number {
  return text === undefined ? Number.POSITIVE_INFINITY : Number(text);
}
