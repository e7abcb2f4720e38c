/**
 * Where bytes come from: the interface that every origin of content fulfils, and every decorator, such as
 * the cache, both takes and fulfils. Knows nothing of HTTP messages or sockets. What is said here can be
 * held against a source by test/helpers/source-contract.ts.
 */
import type { Readable } from 'node:stream';
import type { MessageBuffer } from '../http/message-buffer.js';
import type { ReadOptions } from '../http/response.js';

/** Octets `first` to `last` of a resource, both inclusive, counted from 0. */
export interface Extent {
  readonly first: number;
  readonly last: number;
}

/**
 * A decoded, normalised path: starts with `/`, its segments are separated by single `/` and none is
 * `.`, `..`, or holds a separator or NUL. Made by `resolvePath` in lib/site/path.ts.
 */
export type ResourcePath = string & { readonly __brand: 'ResourcePath' };

/** How a resource is read. */
export interface SourceReadOptions extends ReadOptions {
  /**
   * Whether the stream fails before it gives anything of what it is read from as it is after a change of any kind.
   * Otherwise it fails before its last octets, and octets may have been added behind, as to a log.
   */
  readonly strict?: boolean | undefined;
}

/**
 * One version of a representation, that can be read, whole or by range. What it says of itself never changes.
 * It belongs to whoever opened it, alone unless it has `bytes`; two of one path know nothing of each other.
 */
export interface Resource {
  readonly kind: 'resource';
  /**
   * Its length in octets; `undefined`: not known until it has been read. Such a resource is read once and as
   * a whole: no range of it is asked for, and a client that takes nothing keeps its stream.
   */
  readonly size: number | undefined;
  /** When it last changed, in milliseconds since the epoch. */
  readonly modified: number | undefined;
  /** Entity tag with its quotes (RFC 9110 §8.8.3), weak unless it deserves to be strong. */
  readonly etag: string | undefined;
  /** A tag of the same representation from before its octets were seen: whoever has that has this. */
  readonly formerEtag?: string | undefined;
  /** The value of Content-Type. */
  readonly type: string;
  /** The content coding that its octets are in (RFC 9110 §8.4.1), where there is one. */
  readonly coding?: string;
  /**
   * All of it, where it is in memory already. Never changed by anybody. Such a resource holds nothing
   * that has to be let go: it may be shared, and need not be closed.
   */
  readonly bytes: Uint8Array | undefined;
  /** Octets in memory beside {@link bytes}, for as long as those are kept. None. */
  readonly beside?: number;
  /**
   * Octets of a stream that a client may be given before it has taken those before; without it, many at a time.
   * For what has memory of its own for them.
   */
  readonly ahead?: number | undefined;
  /** False: a change may not show yet, so that `isCurrent` can't hold. */
  readonly settled?: boolean;
  /** Where {@link bytes} has room before it for a head. */
  readonly message?: MessageBuffer;
  /**
   * Reads an extent, or all: exactly these octets. Where there are fewer after all the stream ends early or
   * fails, and the response is cut off; one octet more is an error of the source, and ends the connection.
   *
   * It is called any number of times, for one stream after the other: for several ranges, in any order, and
   * again from any octet on when an earlier stream was destroyed in its middle or before it gave anything, as
   * that of a client that takes nothing for a while is (lib/server/body-pump.ts). Destroying a stream lets go
   * of what it holds, and of nothing that the next one needs.
   *
   * Chunks are the consumer's to keep. One that says what it has taken (`ReadOptions.taken`) has the rest left
   * to it as it is, also after the end of the stream.
   */
  read(extent?: Extent, options?: SourceReadOptions): Readable;
  /**
   * Reads an extent of at most {@link SMALL_EXTENT} octets into memory, at once where it can, and closes
   * the resource. What it gives is for one response.
   * @throws SourceError (or rejects with it) when it can't be had, all of it and of one version
   */
  readBytes?(extent: Extent): MessageBuffer | Promise<MessageBuffer>;
  /**
   * Lets go of descriptors and buffers. Called when the response is sent or given up, or when there is to be
   * none; not always where there are `bytes`, which need it not. Idempotent, and safe while a read is under
   * way: its stream may fail or end early then, but gives nothing else. Nothing is read after it.
   */
  close(): void;
}

/** What `readBytes` reads at most, in octets: two chunks, less than a stream would hold. */
export const SMALL_EXTENT = 65_536;

/** What a collection holds. */
export interface Entry {
  /** A name as it would stand in a path, not encoded in any way; never to be trusted. */
  readonly name: string;
  readonly kind: 'resource' | 'collection';
  /** Octets; `undefined` for a collection. */
  readonly size: number | undefined;
  /** When it last changed, in milliseconds since the epoch. */
  readonly modified: number | undefined;
}

/** A place that holds resources but is none itself: a directory. */
export interface Collection {
  readonly kind: 'collection';
  /** When something was last added to it, removed or renamed, in milliseconds since the epoch. */
  readonly modified?: number | undefined;
  /**
   * What it holds and `open` would give, in no order, some at a time, or none. Ends early where `signal` is aborted.
   * @throws SourceError (while it is read) when that can't be had
   */
  entries?(signal?: AbortSignal): AsyncIterable<readonly Entry[]>;
}

/** What is at a path; `null`: nothing. */
export type Opened = Resource | Collection | null;

/** What the caller of `open` may say. */
export interface OpenOptions {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  /**
   * Compared by identity: what was found true of a path since the first `open` of a moment may be
   * answered to all others of the same moment. Without it, every call looks for itself.
   */
  readonly moment?: object | undefined;
}

/** A tree of resources. */
export interface Source {
  /**
   * Opens what is at `path`; at once where it can, else by a promise. The caller closes it.
   * @throws SourceError (or rejects with it) when it may be there but can't be had.
   */
  open(path: ResourcePath, options?: OpenOptions): Opened | Promise<Opened>;
  /**
   * Whether `open(path)` would give the same octets as `resource`, which it gave before. Answers at
   * once; a source that can't does without this method, and is not cached by lib/cache/memory.ts.
   */
  isCurrent?(path: ResourcePath, resource: Resource): boolean;
  /**
   * Counts memory for what was made of a resource against the budget that the resource is kept in: both are
   * let go together. False: it is not kept, or there is no room; what was made is not to be kept either. A
   * source that keeps nothing does without this method.
   */
  enlarge?(resource: Resource, octets: number): boolean;
  /**
   * Lets go of all that the source holds by itself. Called once, when nothing is opened any more; a decorator
   * closes what is behind it.
   */
  close(): Promise<void>;
}

/**
 * Why a resource can't be had: not allowed to be read; just now (out of descriptors, being written);
 * larger than this source takes; or anything else. The message of `oversize` is for the client.
 */
export type SourceErrorKind = 'forbidden' | 'busy' | 'oversize' | 'unavailable';

/** What may be said of an error beside its message. */
export interface SourceErrorOptions extends ErrorOptions {
  readonly limit?: string | undefined;
}

/** A resource that may exist could not be opened or read. */
export class SourceError extends Error {
  readonly kind: SourceErrorKind;
  /** The limit that it is beyond, as programs set it; the message names it too. */
  readonly limit: string | undefined;

  constructor(kind: SourceErrorKind, message: string, options?: SourceErrorOptions) {
    super(message, options);
    this.name = 'SourceError';
    this.kind = kind;
    this.limit = options?.limit;
  }
}
