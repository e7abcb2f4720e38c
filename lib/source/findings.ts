/**
 * What was found out in a moment (lib/source/source.ts), for the other requests of the same: which paths
 * lead to nothing, where the root is, and large files, which stay open until the turn of the event
 * loop ends.
 */
import type { OpenFile } from './open-file.js';
import type { ResourcePath } from './source.js';

/** What is known now. */
export class Findings {
  readonly absent: Set<ResourcePath> = new Set();
  /** The real path of the root, once it was asked for. */
  root: string | undefined;
  readonly #files = new Map<ResourcePath, OpenFile>();
  #moment: object | undefined;
  #timer: NodeJS.Immediate | undefined;

  /** These findings, of `moment` alone; `undefined` where requests have none. */
  at(moment: object | undefined): this | undefined {
    if (moment === undefined) return undefined;
    if (moment !== this.#moment) {
      this.forget();
      this.#moment = moment;
    }
    return this;
  }

  /** The open file at a path, one user more of it. */
  file(path: ResourcePath): OpenFile | undefined {
    return this.#files.get(path)?.share();
  }

  /** Keeps a file open for a little while. */
  keep(path: ResourcePath, file: OpenFile): void {
    if (this.#files.has(path)) return;
    this.#files.set(path, file.share());
    this.#timer ??= setImmediate(() => this.forget());
  }

  /** Lets go of everything. */
  forget(): void {
    this.#moment = undefined;
    this.root = undefined;
    if (this.absent.size > 0) this.absent.clear();
    if (this.#timer === undefined) return;
    clearImmediate(this.#timer);
    this.#timer = undefined;
    for (const file of this.#files.values()) file.release();
    this.#files.clear();
  }
}
