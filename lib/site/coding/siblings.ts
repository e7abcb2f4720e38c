/**
 * Files that were compressed before, beside their originals: `app.js.br` for `app.js`. Of use only to a
 * site's owner who makes them anew with each build: what is older than its original is not looked at twice.
 */
import type { ContentCoding } from '../../http/accept-encoding.js';
import {
  type Opened,
  type OpenOptions,
  type Resource,
  type ResourcePath,
  type Source,
  SourceError,
} from '../../source/source.js';
import { Sibling } from './coded.js';

const EXTENSIONS: Readonly<Record<ContentCoding, string>> = {
  zstd: '.zst',
  br: '.br',
  gzip: '.gz',
};

/** A source that remembers where what it gave came from, so that siblings can be found. */
export class Siblings implements Source {
  readonly #source: Source;
  readonly #paths = new WeakMap<Resource, ResourcePath>();
  /** Of siblings in memory, so that their heads are made once. */
  readonly #known = new WeakMap<Resource, Sibling>();

  constructor(source: Source) {
    this.#source = source;
  }

  open(path: ResourcePath, options?: OpenOptions): Opened | Promise<Opened> {
    const opened = this.#source.open(path, options);
    return opened instanceof Promise
      ? opened.then((late) => this.#note(path, late))
      : this.#note(path, opened);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  /** The first of a resource's siblings that there is, in the order of `codings`. It closes what it does not give. */
  find(
    resource: Resource,
    codings: readonly ContentCoding[],
    options: OpenOptions,
  ): Resource | undefined | Promise<Resource | undefined> {
    const path = this.#paths.get(resource);
    return path === undefined ? undefined : this.#findFrom(0, path, resource, codings, options);
  }

  #findFrom(
    start: number,
    path: ResourcePath,
    resource: Resource,
    codings: readonly ContentCoding[],
    options: OpenOptions,
  ): Resource | undefined | Promise<Resource | undefined> {
    for (let i = start; i < codings.length; i++) {
      const coding = codings[i] as ContentCoding;
      const opened = this.#openSibling((path + EXTENSIONS[coding]) as ResourcePath, options);
      if (opened instanceof Promise) {
        return opened.then(
          (late) =>
            this.#usable(late, resource, coding) ??
            this.#findFrom(i + 1, path, resource, codings, options),
        );
      }
      const sibling = this.#usable(opened, resource, coding);
      if (sibling !== undefined) return sibling;
    }
    return undefined;
  }

  /** One that can't be had is none: the original can. */
  #openSibling(path: ResourcePath, options: OpenOptions): Opened | Promise<Opened> {
    try {
      const opened = this.#source.open(path, options);
      return opened instanceof Promise ? opened.catch(absent) : opened;
    } catch (error) {
      return absent(error);
    }
  }

  #usable(opened: Opened, original: Resource, coding: ContentCoding): Resource | undefined {
    if (opened?.kind !== 'resource') return undefined;
    if (!isFresh(opened, original)) {
      opened.close();
      return undefined;
    }
    if (opened.bytes === undefined) return new Sibling(opened, coding, original.type);
    const known = this.#known.get(opened) ?? new Sibling(opened, coding, original.type);
    this.#known.set(opened, known);
    return known;
  }

  #note(path: ResourcePath, opened: Opened): Opened {
    if (opened?.kind === 'resource' && !this.#paths.has(opened)) {
      // A copy: a path is a slice of the head it came in, and would keep all of that alive.
      this.#paths.set(opened, Buffer.from(path, 'utf8').toString('utf8') as ResourcePath);
    }
    return opened;
  }
}

/**
 * Not empty, which no compressed file is, and not older than the original: what is left of an earlier build has
 * other content. In whole seconds, for tools that copy times copy no more.
 */
function isFresh(sibling: Resource, original: Resource): boolean {
  if (sibling.size === 0 || sibling.modified === undefined) return false;
  return seconds(sibling.modified) >= seconds(original.modified ?? 0);
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

function absent(error: unknown): null {
  if (error instanceof SourceError) return null;
  throw error;
}
