/**
 * Compressing while somebody waits: content in memory as a whole, whose results are kept as long as it is,
 * and the rest as it is sent. So many at a time; beyond that there is none. Knows no requests.
 */
import type { Transform } from 'node:stream';
import type { ContentCoding } from '../../http/accept-encoding.js';
import { checkWhole } from '../../http/check.js';
import { MessageBuffer } from '../../http/message-buffer.js';
import { contentTag } from '../../source/file.js';
import type { Resource, Source } from '../../source/source.js';
import { Turnstile } from '../../source/turnstile.js';
import { CodedBytes, CodedStream, type Compressed } from './coded.js';
import { CODERS, type Coder } from './coders.js';
import { DEFAULT_MAX_COMPRESSIONS, LEAST_CONTENT, MOST_AT_ONCE } from './limits.js';

/** What became of the wish to have something compressed; `undefined`: there is no room for that now. */
export type Outcome = Resource | undefined;

/** Compresses what a source gives. */
export class Compressions {
  readonly #source: Source;
  readonly #most: number;
  /** What was made of resources that their source keeps; the resource itself where coding gains nothing. */
  readonly #made = new WeakMap<Resource, Map<ContentCoding, Resource>>();
  /** By the octets that are compressed, where these have a name. */
  readonly #underWay = new Map<string | symbol, Promise<Compressed>>();
  readonly #turns = new Turnstile(MOST_AT_ONCE);
  #streams = 0;

  /**
   * @param source where the resources come from
   * @throws RangeError when `most` is no whole number
   */
  constructor(source: Source, most: number = DEFAULT_MAX_COMPRESSIONS) {
    this.#source = source;
    this.#most = checkWhole('maxCompressions', most);
  }

  /** How many are under way: those of content in memory, and streams. */
  get running(): { readonly whole: number; readonly streams: number } {
    return { whole: this.#underWay.size, streams: this.#streams };
  }

  /** The first of some codings that can be made here. */
  choose(codings: readonly ContentCoding[]): ContentCoding | undefined {
    if (this.#most === 0) return undefined;
    return codings.find((coding) => CODERS.has(coding));
  }

  /**
   * A resource in a coding; itself where that gains nothing, unless it `must` be. It takes the place of the
   * resource, which it closes.
   */
  code(resource: Resource, coding: ContentCoding, must: boolean): Outcome | Promise<Outcome> {
    const coder = CODERS.get(coding) as Coder;
    const length = resource.bytes?.length ?? resource.size;
    if (!must && length !== undefined && length < LEAST_CONTENT) return resource;
    if (resource.bytes === undefined) return this.#stream(resource, coding);
    const made = this.#made.get(resource)?.get(coding);
    if (made !== undefined && (made !== resource || !must)) return made;
    return this.#whole(resource, resource.bytes, coding, coder, must);
  }

  /** Content that is sent once, in a coding; nothing of it is kept. */
  once(bytes: Uint8Array, coding: ContentCoding): Promise<Compressed> | undefined {
    return this.#begin(Symbol(), bytes, CODERS.get(coding) as Coder);
  }

  /** A place for a stream, and what makes it; `release` gives the place back, and must be called once. */
  stream(coding: ContentCoding): { coder: () => Transform; release: () => void } | undefined {
    if (this.#streams >= this.#most) return undefined;
    this.#streams++;
    return { coder: (CODERS.get(coding) as Coder).stream, release: () => this.#streams-- };
  }

  #stream(resource: Resource, coding: ContentCoding): Outcome {
    const place = this.stream(coding);
    return place && new CodedStream(resource, coding, place.coder, place.release);
  }

  #whole(
    resource: Resource,
    bytes: Uint8Array,
    coding: ContentCoding,
    coder: Coder,
    must: boolean,
  ): Outcome | Promise<Outcome> {
    const { etag } = resource;
    const key = etag?.startsWith('"') ? coding + etag : Symbol();
    const underWay = this.#underWay.get(key) ?? this.#begin(key, bytes, coder);
    return underWay?.then((content) => this.#keep(resource, bytes, coding, content, must));
  }

  #begin(key: string | symbol, bytes: Uint8Array, coder: Coder): Promise<Compressed> | undefined {
    if (this.#underWay.size >= this.#most) return undefined;
    const underWay = this.#compress(bytes, coder).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, underWay);
    return underWay;
  }

  async #compress(bytes: Uint8Array, coder: Coder): Promise<Compressed> {
    await this.#turns.enter();
    try {
      const octets = await coder.whole(bytes);
      // Of the octets: strong (RFC 9110 §8.8.1).
      return { message: MessageBuffer.of(octets), etag: contentTag(octets) };
    } finally {
      this.#turns.leave();
    }
  }

  /** Others that waited for the same content may have kept theirs already. */
  #keep(
    resource: Resource,
    bytes: Uint8Array,
    coding: ContentCoding,
    content: Compressed,
    must: boolean,
  ): Resource {
    const made = this.#made.get(resource) ?? new Map<ContentCoding, Resource>();
    const known = made.get(coding);
    if (known !== undefined && (known !== resource || !must)) return known;
    const { length } = content.message.content;
    const gains = length < bytes.length;
    const result = gains || must ? new CodedBytes(resource, coding, content) : resource;
    if (!gains || this.#source.enlarge?.(resource, length)) {
      made.set(coding, gains ? result : resource);
      this.#made.set(resource, made);
    }
    return result;
  }
}
