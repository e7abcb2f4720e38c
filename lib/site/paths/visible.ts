/** A folder without some of what it holds: what should not be listed. Opening that is another matter. */
import type { Collection, Entry, ResourcePath } from '../../source/source.js';
import { inside } from '../path.js';

/** @param isUnlisted of the paths of entries */
export function visible(
  folder: Collection,
  path: ResourcePath,
  isUnlisted: (path: ResourcePath) => boolean,
): Collection {
  if (folder.entries === undefined) return folder;
  const entries = folder.entries.bind(folder);
  return {
    kind: 'collection',
    modified: folder.modified,
    async *entries(signal?: AbortSignal): AsyncGenerator<readonly Entry[], void, undefined> {
      for await (const batch of entries(signal)) {
        yield batch.filter(({ name }) => !isUnlisted(inside(path, name)));
      }
    },
  };
}
