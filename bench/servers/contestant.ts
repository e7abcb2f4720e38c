/** A server under measurement, whoever made it. */
import type { Address } from '../../lib/index.js';
import { Child } from '../support/child.js';

/** A running server on the loopback. */
export interface Contestant {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** A contestant that is a script of this folder. */
export interface ScriptContestant extends Contestant {
  readonly child: Child;
}

/** What a script of sluice answers to `memory`, in octets. */
export interface MemoryUse {
  readonly heap: number;
  readonly external: number;
}

/**
 * Starts one of the scripts, pinned to the servers' processor.
 * @param args for the script, behind the root
 */
export async function startScript(
  name: string,
  script: string,
  root: string,
  nodeArgs: readonly string[] = [],
  args: readonly string[] = [],
): Promise<ScriptContestant> {
  const child = new Child(script, 0, [root, ...args], nodeArgs);
  const { port } = await child.call<Address>('listen');
  return { name, child, pid: child.pid, port, stop: () => child.stop() };
}
