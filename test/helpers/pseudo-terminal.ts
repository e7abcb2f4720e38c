/** The command at a terminal that is none: what it does only where somebody looks on. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import type { Test } from 'tap';
import { until } from './client.js';
import { program, without } from './process.js';

/** Whether there is a `script` that runs a command at a terminal of its own. */
export const PSEUDO: { skip: string | false } = { skip: !hasScript() && 'there is no script(1)' };

function hasScript(): boolean {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
}

/** How big the terminal is, and what the command finds around it. */
export interface Around {
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly program?: string;
}

/** The command at its terminal; ended with the test. */
export class AtTerminal {
  readonly child: ChildProcess;
  /** All that was written to the terminal. */
  screen = '';
  ended = false;

  constructor(t: Test, args: readonly string[], around: Around = {}) {
    const { rows = 50, columns = 100, env = {} } = around;
    const file = around.program ?? program();
    const words = [...without(file), process.execPath, file, ...args];
    const quoted = words.map((text) => `'${text}'`).join(' ');
    // The shell is replaced: signals of the terminal reach the command alone.
    const line = `stty rows ${rows} cols ${columns}; exec ${quoted}`;
    // What runs the tests may have said that nobody sees colours.
    const { NO_COLOR: _1, FORCE_COLOR: _2, CI: _3, WAYLAND_DISPLAY: _4, ...own } = process.env;
    this.child = spawn('script', ['-qec', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...own, TERM: 'xterm', SHELL: '/bin/sh', ...env },
    });
    // It may end while keys are on their way.
    this.child.stdin?.on('error', () => {});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.screen += text;
    });
    this.child.on('close', () => {
      this.ended = true;
    });
    t.teardown(async () => {
      if (!this.ended) this.type('\x03\x03');
      await until(() => this.ended);
    });
  }

  /** Presses keys; `\x03` is Ctrl-C. */
  type(keys: string): void {
    this.child.stdin?.write(keys);
  }

  async shows(text: string | RegExp): Promise<RegExpExecArray> {
    const pattern = typeof text === 'string' ? new RegExp(text.replace(/\W/g, '\\$&')) : text;
    await until(() => pattern.test(this.screen), 20_000, `the screen shows ${pattern}`);
    return pattern.exec(this.screen) as RegExpExecArray;
  }
}
