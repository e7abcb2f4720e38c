/** The files that are served: made anew in a temporary folder, removed at the end. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { patternAt } from './pattern.js';

/** A folder of files of known sizes. */
export class Corpus {
  readonly root: string = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  readonly #written = new Set<string>();

  readonly #interrupted = () => process.exit(130);

  constructor() {
    // An interrupted run cleans up as well: what is to be done at the exit is done for signals too.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, this.#interrupted);
    process.on('exit', this.remove);
  }

  /** Removes the files; happens by itself at the end of the process. */
  readonly remove = (): void => {
    fs.rmSync(this.root, { recursive: true, force: true });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#interrupted);
    process.off('exit', this.remove);
  };

  /**
   * Writes a file, so that it lies in the page cache; once written it stays. Returns its URL path.
   * @param phase where in the pattern of pattern.ts its content begins
   */
  file(name: string, size: number, phase = 0): string {
    const file = path.join(this.root, name);
    if (this.#written.has(name)) return `/${name}`;
    this.#written.add(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const descriptor = fs.openSync(file, 'w');
    for (let at = 0; at < size; ) {
      at += fs.writeSync(descriptor, patternAt(phase + at, size - at));
    }
    fs.closeSync(descriptor);
    return `/${name}`;
  }

  /** Makes a file that takes no space. Returns its URL path. */
  sparseFile(name: string, size: number): string {
    fs.writeFileSync(path.join(this.root, name), '');
    fs.truncateSync(path.join(this.root, name), size);
    return `/${name}`;
  }
}
