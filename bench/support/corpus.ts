/** The files that are served: made anew in a temporary folder, removed at the end. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atExit } from './at-exit.js';
import { patternAt } from './pattern.js';

/** A folder of files of known sizes. */
export class Corpus {
  readonly root: string = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  readonly #written = new Set<string>();

  readonly #delete = () => fs.rmSync(this.root, { recursive: true, force: true });
  readonly #forget: () => void = atExit(this.#delete);

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

  /** Removes the files; happens by itself at the end of the process. */
  remove(): void {
    this.#delete();
    this.#forget();
  }
}
