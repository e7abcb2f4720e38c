/**
 * Sockets that a service manager hands over (systemd's socket activation, sd_listen_fds(3)): their
 * descriptors begin at 3, how many and for whom is said in the environment. Opens nothing.
 */
import type { InheritedEndpoint } from './endpoint.js';

const FIRST = 3;

/** Sockets that are taken at most: a slip in the environment is no reason to try thousands. */
export const MOST_INHERITED = 64;

/**
 * What was handed over to process `pid`. Takes it out of the environment, so that no child believes
 * it to be its own.
 * @throws RangeError for a number that is none
 */
export function takeInherited(env: NodeJS.ProcessEnv, pid: number): InheritedEndpoint[] {
  const { LISTEN_PID: owner, LISTEN_FDS: count } = env;
  if (owner !== String(pid) || count === undefined) return [];
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (!/^[0-9]{1,4}$/.test(count) || Number(count) > MOST_INHERITED) {
    throw new RangeError(`LISTEN_FDS is ${count}; it takes a number from 0 to ${MOST_INHERITED}`);
  }
  return Array.from({ length: Number(count) }, (_, index) => ({ fd: FIRST + index }));
}
