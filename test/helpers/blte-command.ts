/** `serve blte …` run to its end, with octets in and out; and a folder with something to encode. */
import { spawnSync } from 'node:child_process';
import type { Test } from 'tap';
import { prose } from './blte.js';
import { program, without } from './process.js';
import { random } from './random.js';

/** Of `in.bin`. */
export const CONTENT: Buffer = prose(300_000, random(1));

/** What a command ended with; its output as octets. */
export interface BlteEnded {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs `serve blte` in a folder. */
export function blte(
  cwd: string,
  args: readonly string[],
  input: Uint8Array = new Uint8Array(0),
  env: NodeJS.ProcessEnv = {},
): BlteEnded {
  const own = { ...process.env, ...env };
  delete own.NODE_OPTIONS;
  const file = program();
  const [first = '', ...line] = [...without(file), process.execPath, file, 'blte', ...args];
  const { status, stdout, stderr } = spawnSync(first, line, {
    cwd,
    input,
    env: own,
    maxBuffer: 100_000_000,
  });
  return { code: status, stdout, stderr: String(stderr) };
}

/** A folder with `in.bin`, and more; removed with the test. */
export function blteFolder(t: Test, more: Record<string, string | Buffer> = {}): string {
  return t.testdir({ 'in.bin': CONTENT, ...more } as never);
}
