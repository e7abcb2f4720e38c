/**
 * Files of this machine that are not served, whatever leads to them: passwords, keys, logs. Known by their
 * place, and by what lies there, which may have other names. Knows no requests.
 */
import fs from 'node:fs';
import path from 'node:path';

const QUIET = { throwIfNoEntry: false } as const;

/** As many links are followed as systems do. */
const MOST_LINKS = 40;

interface WithheldFile {
  readonly name: string;
  /** Its path without links. */
  readonly real: string;
  /** What was there when last looked at; it may be renewed, or not be there yet. */
  dev: number | undefined;
  ino: number | undefined;
}

/** A few files that are not served. */
export class Withheld {
  readonly #files: readonly WithheldFile[];

  /** @param names their paths; what does not exist yet counts where it would be made */
  constructor(names: readonly string[]) {
    this.#files = names.map((name) => {
      const stats = lookedUp(name);
      return { name, real: placeOf(name) ?? name, dev: stats?.dev, ino: stats?.ino };
    });
  }

  /**
   * Whether something that was found is one of them.
   * @param real its path without links; without it only what it is counts
   */
  has({ dev, ino }: fs.Stats, real?: string): boolean {
    for (const file of this.#files) {
      if (file.real === real) return true;
      if (file.ino === ino && file.dev === dev && this.#isStill(file)) return true;
    }
    return false;
  }

  /** A log that was moved away and deleted may have left its number to another file. */
  #isStill(file: WithheldFile): boolean {
    const { dev, ino } = file;
    const stats = lookedUp(file.name);
    file.dev = stats?.dev;
    file.ino = stats?.ino;
    return file.dev === dev && file.ino === ino;
  }
}

/** Where a file is, or would be made: its path without links; `undefined`: it can't be made there. */
export function placeOf(name: string, links: number = MOST_LINKS): string | undefined {
  const location = path.resolve(name);
  try {
    return fs.realpathSync.native(location);
  } catch {
    if (links === 0) return undefined;
  }
  const target = linkAt(location);
  if (target !== undefined) {
    return placeOf(path.resolve(path.dirname(location), target), links - 1);
  }
  try {
    return path.join(fs.realpathSync.native(path.dirname(location)), path.basename(location));
  } catch {
    return undefined;
  }
}

function linkAt(location: string): string | undefined {
  try {
    return fs.readlinkSync(location);
  } catch {
    return undefined;
  }
}

function lookedUp(name: string): fs.Stats | undefined {
  try {
    return fs.statSync(name, QUIET);
  } catch {
    return undefined;
  }
}
