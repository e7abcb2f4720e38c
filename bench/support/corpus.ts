/** The files that are served: made anew in a temporary folder, removed at the end. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder of files of known sizes. */
export class Corpus {
  readonly root: string = fs.mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));

  constructor() {
    // An interrupted run cleans up as well: what is to be done at the exit is done for signals too.
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => process.exit(130));
    process.on('exit', () => fs.rmSync(this.root, { recursive: true, force: true }));
  }

  /** Writes a file of random octets, so that it lies in the page cache. Returns its URL path. */
  file(name: string, size: number): string {
    const block = randomBytes(Math.min(size, 1_048_576));
    const descriptor = fs.openSync(path.join(this.root, name), 'w');
    for (let at = 0; at < size; at += block.length) {
      fs.writeSync(descriptor, block, 0, Math.min(block.length, size - at));
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
