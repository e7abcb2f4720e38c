/**
 * Which representation of a resource a request gets (RFC 9110 §12): the plain one, a file that was compressed
 * before, or what is compressed here. Decides; what compresses is in compressions.ts.
 */
import {
  type AcceptedCodings,
  acceptedCodings,
  IDENTITY_ONLY,
} from '../../http/accept-encoding.js';
import { HttpError } from '../../http/error.js';
import type { RequestHead } from '../../http/head.js';
import type { Response } from '../../http/response.js';
import { reportError } from '../../observe/channels.js';
import type { Resource, Source } from '../../source/source.js';
import type { Answer, ExchangeContext } from '../handler.js';
import type { Variants } from '../representation.js';
import { codeAnswer } from './answers.js';
import { isCompressible } from './compressible.js';
import { Compressions } from './compressions.js';
import { Siblings } from './siblings.js';

/** What is compressed. */
export interface CodingOptions {
  /** Whether text and the like is compressed for clients that ask for it. Off. */
  readonly compression?: boolean;
  /** Whether files with `.zst`, `.br` or `.gz` behind their originals' names are sent in their place. Off. */
  readonly precompressed?: boolean;
  /** Most compressions at a time: of files in memory, and as many streams; 0 for none. 16. */
  readonly maxCompressions?: number;
}

/** Values of Accept-Encoding whose meaning is remembered: a browser always sends the same. */
const MOST_REMEMBERED = 64;
const LONGEST_REMEMBERED = 128;

const VARY = ['Vary', 'Accept-Encoding'] as const;

/** Content codings of one site. */
export class ContentCodings implements Variants {
  /** Where resources are to be opened, for siblings to be found. */
  readonly source: Source;
  readonly #siblings: Siblings | undefined;
  readonly #compressions: Compressions;
  readonly #remembered = new Map<string, AcceptedCodings>();

  /** @throws RangeError for an option out of range */
  constructor(source: Source, options: CodingOptions) {
    this.#siblings = options.precompressed ? new Siblings(source) : undefined;
    this.source = this.#siblings ?? source;
    this.#compressions = new Compressions(source, options.maxCompressions);
  }

  /** Of what can't be compressed there is one representation, which is not subject to negotiation. */
  varies(resource: Resource): boolean {
    return isCompressible(resource.type);
  }

  select(
    request: RequestHead,
    resource: Resource,
    context: ExchangeContext,
  ): Resource | Promise<Resource> {
    const field = request.fields.get('accept-encoding');
    if (field === undefined || resource.coding !== undefined || !this.varies(resource)) {
      return resource;
    }
    const accepted = this.#accepted(field);
    if (accepted === IDENTITY_ONLY) return resource;
    const { moment } = context;
    // What is there goes before what would have to be made, whichever of the two is wanted more.
    const sibling = this.#siblings?.find(resource, accepted.codings, { moment });
    const decide = (found: Resource | undefined): Resource | Promise<Resource> => {
      if (found === undefined) return this.#code(resource, accepted, context);
      resource.close();
      return found;
    };
    if (!(sibling instanceof Promise)) return decide(sibling);
    return sibling.then(decide, (error) => {
      resource.close();
      throw error;
    });
  }

  /** The same for an answer that is made for this request alone; one that refuses it plain gets it plain. */
  code(request: RequestHead, answer: Response): Answer {
    const field = request.fields.get('accept-encoding');
    const accepted = field === undefined ? IDENTITY_ONLY : this.#accepted(field);
    return codeAnswer(answer, accepted, this.#compressions);
  }

  #code(
    resource: Resource,
    { codings, identity }: AcceptedCodings,
    context: ExchangeContext,
  ): Resource | Promise<Resource> {
    const coding = this.#compressions.choose(codings);
    if (coding === undefined) {
      if (identity) return resource;
      resource.close();
      throw notAcceptable();
    }
    const coded = this.#compressions.code(resource, coding, !identity);
    if (coded instanceof Promise) {
      return coded.then(
        (late) => orPlain(late, resource, identity),
        (error) => {
          if (!identity) throw error;
          reportError(error, context.remote);
          return resource;
        },
      );
    }
    return orPlain(coded, resource, identity);
  }

  #accepted(field: string): AcceptedCodings {
    const known = this.#remembered.get(field);
    if (known !== undefined) return known;
    const accepted = acceptedCodings(field);
    if (field.length <= LONGEST_REMEMBERED && this.#remembered.size < MOST_REMEMBERED) {
      // A copy: the value is a slice of the head it came in, and would keep all of that alive.
      this.#remembered.set(Buffer.from(field, 'latin1').toString('latin1'), accepted);
    }
    return accepted;
  }
}

/** What was made; where there was no room for that, the plain resource, if it is taken. */
function orPlain(coded: Resource | undefined, plain: Resource, identity: boolean): Resource {
  if (coded !== undefined) return coded;
  if (identity) return plain;
  plain.close();
  throw new HttpError(503, 'too much is being compressed', [...VARY, 'Retry-After', '1']);
}

/**
 * RFC 9110 §12.5.3, §15.5.7: the client has refused the plain representation, and takes nothing else that there is.
 * 415 would say that of the request's own content (§15.5.16).
 */
function notAcceptable(): HttpError {
  return new HttpError(406, 'none of the content codings that there are is accepted', VARY);
}
