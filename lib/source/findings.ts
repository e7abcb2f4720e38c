/**
 * What was found out in a moment (lib/source/source.ts), for the other requests of the same: which paths
 * lead to nothing, where the root is, and large files, which stay open until the turn of the event
 * loop ends.
 */
import type { OpenFile } from './open-file.js';
import type { ResourcePath } from './source.js';

/** Files that are kept open at a time: more would be for many different ones, of which none is asked again. */
const MOST_FILES = 16;

/** What is known now. */
export class Findings {
  /** The real path of the root, once it was asked for. */
  root: string | undefined;
  readonly #absent = new Set<ResourcePath>();
  readonly #files = new Map<ResourcePath, OpenFile>();
  #moment: object | undefined;
  #timer: NodeJS.Immediate | undefined;

  /** Goes on to `moment`, forgetting all of another; `undefined` where requests have none. */
  enter(moment: object | undefined): this | undefined {
    if (moment === undefined) return undefined;
    if (moment !== this.#moment) {
      this.forget();
      this.#moment = moment;
    }
    return this;
  }

  isAbsent(path: ResourcePath): boolean {
    return this.#absent.has(path);
  }

  /** Notes that a path leads to nothing. */
  addAbsent(path: ResourcePath): void {
    this.#absent.add(path);
    this.#forgetSoon();
  }

  /** The open file at a path, one user more of it. */
  file(path: ResourcePath): OpenFile | undefined {
    return this.#files.get(path)?.share();
  }

  /** Keeps a file open for a little while. */
  keep(path: ResourcePath, file: OpenFile): void {
    if (this.#files.size === MOST_FILES || this.#files.has(path)) return;
    this.#files.set(path, file.share());
    this.#forgetSoon();
  }

  /** Lets go of everything. */
  forget(): void {
    this.#moment = undefined;
    this.root = undefined;
    if (this.#absent.size > 0) this.#absent.clear();
    if (this.#files.size === 0) return;
    for (const file of this.#files.values()) file.release();
    this.#files.clear();
  }

  #forgetSoon(): void {
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      this.forget();
    });
  }
}
