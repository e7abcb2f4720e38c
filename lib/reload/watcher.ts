/**
 * Changes below a folder, collected for a moment and told as paths of the site. Hidden names and
 * node_modules are not looked at. Knows nothing of who wants to know.
 */
import fs from 'node:fs';
import path from 'node:path';
import { placeOf } from '../source/withheld.js';

/** chokidar, once it is loaded. */
export type Chokidar = typeof import('chokidar');

/** Changes of so many milliseconds are told together: an editor or a build rarely writes one file alone. */
const MOMENT = 50;

/** Paths that are told by name; beyond that all is said to have changed. */
export const MOST_NAMED = 64;

/** Files and folders that are watched; each one takes a watch of the system. */
export const MOST_WATCHED = 20_000;

/** What to watch, and whom to tell. */
export interface WatcherOptions {
  readonly root: string;
  /** Whether links out of the folder are followed. */
  readonly symlinks: boolean;
  /** Files that are not served, such as a log: a link may lead to their folder, but nobody is told of them. */
  readonly withheld?: readonly string[];
  /** Told of paths as they are in the site, `/a/b.css`; of none where too many have changed. */
  readonly onChange: (paths: readonly string[]) => void;
  /** Told why changes are not seen any more, or not all of them. */
  readonly onError: (error: Error) => void;
  /** {@link MOST_WATCHED}. */
  readonly most?: number;
}

/** A folder that is watched. */
export interface Watcher {
  /** Resolves once changes are seen, or never will be. */
  readonly ready: Promise<void>;
  close(): void;
}

/** Watches a folder. */
export function watchFolder(chokidar: Chokidar, options: WatcherOptions): Watcher {
  return new FolderWatcher(chokidar, options);
}

class FolderWatcher implements Watcher {
  readonly ready: Promise<void>;
  readonly #root: string;
  /** Their paths without links. */
  readonly #withheld: ReadonlySet<string>;
  readonly #options: WatcherOptions;
  readonly #watcher: import('chokidar').FSWatcher;
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #watched = 0;
  #isReady = false;
  /** What is as young as this has changed although nothing was watched yet: the next millisecond. */
  readonly #since = Date.now() + 1;
  #failed = false;
  #settle: () => void = () => {};

  constructor(chokidar: Chokidar, options: WatcherOptions) {
    this.#options = options;
    this.#root = fs.realpathSync(options.root);
    const { withheld = [] } = options;
    this.#withheld = new Set(withheld.map((name) => placeOf(name) ?? name));
    this.ready = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#watcher = chokidar.watch(this.#root, {
      ignored: (file) => isIgnored(path.relative(this.#root, file)),
      followSymlinks: options.symlinks,
      ignorePermissionErrors: true,
      alwaysStat: true,
    });
    this.#watcher.on('all', (event, file, stats) => this.#onEvent(event, file, stats));
    this.#watcher.on('ready', () => {
      this.#isReady = true;
      this.#settle();
    });
    this.#watcher.on('error', (error) => this.#fail(error as Error));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#settle();
    // What it still had to close is closed with it.
    this.#watcher.close().catch(() => {});
  }

  #onEvent(event: string, file: string, stats: fs.Stats | undefined): void {
    if (event === 'add' || event === 'addDir') this.#watched++;
    else if (event === 'unlink' || event === 'unlinkDir') this.#watched--;
    const { most = MOST_WATCHED } = this.#options;
    if (this.#watched > most) {
      this.#fail(new Error(`the folder holds more than ${most} files`));
      this.close();
    } else if (this.#isReady || (stats?.ctimeMs ?? 0) >= this.#since) this.#note(file);
  }

  #note(file: string): void {
    if (this.#withheld.size > 0 && this.#withheld.has(placeOf(file) ?? file)) return;
    if (this.#changed.size <= MOST_NAMED) this.#changed.add(file);
    this.#timer ??= setTimeout(() => {
      const files = this.#changed;
      this.#changed = new Set();
      this.#timer = undefined;
      const isNamed = files.size <= MOST_NAMED;
      this.#options.onChange(isNamed ? [...files].map((each) => this.#siteOf(each)) : []);
    }, MOMENT);
  }

  #siteOf(file: string): string {
    return `/${path.relative(this.#root, file).split(path.sep).join('/')}`;
  }

  /** Told once: where one watch can't be had, most others can't. */
  #fail(cause: Error): void {
    this.#settle();
    if (this.#failed) return;
    this.#failed = true;
    const message = `live reload does not see all changes: ${cause.message}`;
    this.#options.onError(
      new Error(`${message}; reload by hand, or watch a smaller folder`, { cause }),
    );
  }
}

/** Of a path below the root: whether it, or a folder on the way, is hidden or holds packages. */
function isIgnored(relative: string): boolean {
  return relative.split(path.sep).some((name) => name.startsWith('.') || name === 'node_modules');
}
