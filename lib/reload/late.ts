/**
 * Live reload for servers that are made at once: the rest of this folder and chokidar are loaded beside
 * the start, and only where they are wanted. What comes before they are there waits.
 */
import { reportError } from '../observe/channels.js';
import type { Handler, Layer } from '../site/handler.js';
import type { LiveReload, LiveReloadOptions } from './live-reload.js';

/**
 * Where pages hear of changes. Names that start with a dot are not served, so no file is in the way; a
 * folder of that name, with `dotfiles`, is served but for what is said here.
 */
export const EVENTS_PATH = '/.sluice/reload';

/** The script that hears. */
export const SCRIPT_PATH = '/.sluice/reload.js';

/** Live reload of one site. */
export interface Reload {
  /** Adds the script to pages, and answers it. */
  readonly layer: Layer;
  /** Ends the event streams and the watching. */
  readonly close: () => void;
}

/**
 * Starts to load live reload for what is below `root`; it watches from the first request on.
 * @param load another one for tests
 */
export function reloadLater(
  root: string,
  options: LiveReloadOptions,
  load: () => Promise<Pick<typeof import('./live-reload.js'), 'createLiveReload'>> = () =>
    import('./live-reload.js'),
): Reload {
  const loading: Promise<LiveReload | undefined> = load()
    .then(({ createLiveReload }) => createLiveReload(root, options))
    .catch((error) => {
      // The files are served all the same.
      reportError(error, '');
      return undefined;
    });
  return {
    layer: (next) => {
      let handler: Handler | undefined;
      const loaded = loading.then((reload) => {
        handler = reload?.layer(next) ?? next;
        return handler;
      });
      return (request, context) =>
        handler === undefined
          ? loaded.then((handle) => handle(request, context))
          : handler(request, context);
    },
    close() {
      void loading.then((reload) => reload?.close());
    },
  };
}
