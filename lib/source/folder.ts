/**
 * A folder of a directory tree as a Collection: what it holds of what may be seen. What is listed is what
 * was opened, however names are moved meanwhile.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isHidden, isInside, openedFolder } from './containment.js';
import { closeDescriptor, isAbsence, sourceError } from './file.js';
import type { NameRule } from './names.js';
import type { Collection, Entry, ResourcePath } from './source.js';
import type { Withheld } from './withheld.js';

/** How many names are asked for at a time: looking them all up takes a fraction of a millisecond. */
const BATCH = 128;

const QUIET = { throwIfNoEntry: false } as const;

/** No path can name these: `resolvePath` in lib/site/path.ts refuses them. */
const UNNAMEABLE = /[\\:\0]/;

/** Which folder, and what of it may be seen. */
export interface FolderView {
  /** Where it is on the disk. */
  readonly location: string;
  /** The real root with a separator at its end; `undefined`: links may lead anywhere. */
  readonly root: string | undefined;
  readonly path: ResourcePath;
  readonly dotfiles: boolean;
  /** Names that the system takes for others. */
  readonly isOther?: NameRule | undefined;
  /** Files that are not served. */
  readonly withheld?: Withheld | undefined;
}

export class Folder implements Collection {
  readonly kind = 'collection';
  readonly modified: number;
  readonly #view: FolderView;

  /** @param modified milliseconds since the epoch */
  constructor(view: FolderView, modified: number) {
    this.#view = view;
    this.modified = modified;
  }

  async *entries(signal?: AbortSignal): AsyncGenerator<readonly Entry[], void, undefined> {
    const { location, root } = this.#view;
    let folder: ReturnType<typeof openedFolder>;
    try {
      folder = openedFolder(location, root);
    } catch (error) {
      // Gone since it was found: it holds nothing any more.
      if (isAbsence(error)) return;
      throw sourceError(error);
    }
    if (folder === null) return;
    try {
      yield* this.#batches(folder.location, signal);
    } catch (error) {
      throw sourceError(error);
    } finally {
      if (folder.descriptor !== undefined) closeDescriptor(folder.descriptor);
    }
  }

  async *#batches(
    location: string,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly Entry[], void, undefined> {
    const opened = await fs.promises.opendir(location, { bufferSize: BATCH });
    let batch: Entry[] = [];
    let looked = 0;
    // Leaving the loop, by whatever way, closes the folder.
    for await (const found of opened) {
      if (signal?.aborted) return;
      const entry = this.#entry(location, found);
      if (entry !== undefined) batch.push(entry);
      if (++looked % BATCH === 0 && batch.length > 0) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }

  #entry(folder: string, found: fs.Dirent): Entry | undefined {
    const { path: parent, root, dotfiles, isOther, withheld } = this.#view;
    const { name } = found;
    const resourcePath = `${parent === '/' ? '' : parent}/${name}` as ResourcePath;
    if (UNNAMEABLE.test(name) || (!dotfiles && isHidden(resourcePath))) return undefined;
    if (isOther?.(resourcePath)) return undefined;
    const location = path.join(folder, name);
    try {
      const stats = fs.statSync(location, QUIET);
      if (stats === undefined) return undefined;
      const isFolder = stats.isDirectory();
      if (!isFolder && !stats.isFile()) return undefined;
      if (withheld?.has(stats)) return undefined;
      if (found.isSymbolicLink() && !isInside(fs.realpathSync.native(location), root)) {
        return undefined;
      }
      return {
        name,
        kind: isFolder ? 'collection' : 'resource',
        size: isFolder ? undefined : stats.size,
        modified: stats.mtimeMs,
      };
    } catch {
      // What can't be looked at can't be had either.
      return undefined;
    }
  }
}
