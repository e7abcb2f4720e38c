/**
 * The content of a listing as a resource: in memory where it is small, else text that is made while it is
 * sent, at the rate it is asked for. A resource, so that it may be compressed as files are.
 */
import { Readable } from 'node:stream';
import { MessageBuffer } from '../../http/message-buffer.js';
import type { Response } from '../../http/response.js';
import type { Entry, Resource } from '../../source/source.js';
import type { Gathered } from './gather.js';
import { nextTurn } from './order.js';
import type { Writer } from './writer.js';

/** Entries that become text in one go: less than a millisecond. */
const PART = 200;

/** Neither has a name or a time by which anybody would keep it. */
const UNKNOWN = { kind: 'resource', etag: undefined, modified: undefined } as const;

/** A listing in memory. */
export function wholeListing(type: string, text: string): Resource {
  const message = MessageBuffer.of(Buffer.from(text));
  const { content } = message;
  return {
    ...UNKNOWN,
    type,
    size: content.length,
    bytes: content,
    message,
    read: () => Readable.from([content]),
    close() {},
  };
}

/**
 * A listing that is written while it is sent.
 * @param first entries in the order in which they are sent, before what `found` has not read
 * @param begin what `writer` has written already
 */
export function streamedListing(
  type: string,
  found: Gathered,
  first: readonly Entry[],
  begin: string,
  writer: Writer,
): Resource {
  return {
    ...UNKNOWN,
    type,
    size: undefined,
    bytes: undefined,
    read: () => Readable.from(parts(first, found.rest, begin, writer), { objectMode: false }),
    close: found.close,
  };
}

/** The text of a listing, part by part; others have their turn in between. */
async function* parts(
  first: readonly Entry[],
  rest: Gathered['rest'],
  begin: string,
  writer: Writer,
): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(begin);
  for (let at = 0; at < first.length; at += PART) {
    yield Buffer.from(writer.entries(first.slice(at, at + PART)));
    await nextTurn();
  }
  for (;;) {
    const next = await rest?.next();
    if (next === undefined || next.done) break;
    // An empty chunk would be no answer to who asked for more.
    if (next.value.length > 0) yield Buffer.from(writer.entries(next.value));
  }
  yield Buffer.from(writer.end());
}

/** All of a resource as the body of a response. */
export function bodyOf(resource: Resource): Pick<Response, 'body' | 'message'> {
  if (resource.bytes !== undefined) return { body: resource.bytes, message: resource.message };
  return {
    body: {
      length: resource.size,
      pieces: undefined,
      read: () => resource.read(),
      close: () => resource.close(),
    },
  };
}
