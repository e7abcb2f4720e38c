/**
 * What a site puts into the handler of its files, beside what its user says: what answers for folders, which
 * representation is sent, what rules change. None of it is public.
 */
import type { RequestHead } from '../http/head.js';
import type { Response } from '../http/response.js';
import type { Collection, ResourcePath } from '../source/source.js';
import type { Answer, ExchangeContext } from './handler.js';
import type { Variants } from './representation.js';

/** Answers for a folder without an index file. It gives what `folder` lists, or decides that it does not. */
export type FolderHandler = (
  request: RequestHead,
  path: ResourcePath,
  folder: Collection,
  context: ExchangeContext,
) => Answer;

/** What is said of files beside what they are. */
export interface FileFields {
  /** The entity tag that is sent in place of the file's own; `undefined`: its own. */
  etag(path: ResourcePath): string | undefined;
  /** Whether the content coding of the file is said, or denied: what it holds is to be sent as it is. */
  isCoded(path: ResourcePath): boolean;
  /**
   * A response made from the file at `path`, with its fields changed. One response stays one.
   * @param etag in place of what `etag` says, where it is a coded one
   */
  to(path: ResourcePath, response: Response, etag?: string): Response;
}

/** What rules say of single paths. */
export interface PathParts {
  /** For which folders `folders` is asked. All. */
  readonly mayList?: (path: ResourcePath) => boolean;
  /** What is left out of what `folders` is given to list, by path. */
  readonly unlisted?: (path: ResourcePath) => boolean;
  /** Changes the fields of files. */
  readonly fileFields?: FileFields;
}

/** All of them. */
export interface FileParts extends PathParts {
  /** Answers for folders that have no index file; without it they are as good as none. */
  readonly folders?: FolderHandler | undefined;
  /** Chooses between representations, such as compressed ones. Without it, each file has one. */
  readonly variants?: Variants | undefined;
}
