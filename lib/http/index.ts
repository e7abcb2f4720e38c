/** The protocol core, `sluice/http`: HTTP/1.1 on bytes, without sockets, files or clocks. */
export {
  type AcceptedCodings,
  acceptedCodings,
  CONTENT_CODINGS,
  type ContentCoding,
} from './accept-encoding.js';
export type { ContentData, ContentEnd } from './content.js';
export { formatHttpDate, HttpClock, parseHttpDate } from './date.js';
export {
  CONTINUE,
  type ContentFraming,
  encodeHead,
  type HeadContext,
  responseFraming,
} from './encode.js';
export { HttpError } from './error.js';
export { errorResponse } from './error-response.js';
export { isEntityTag, parseEntityTags, strongMatch, weakMatch } from './etag.js';
export { Fields } from './fields.js';
export { type BodyFraming, frameBody } from './framing.js';
export { RequestHead } from './head.js';
export { DEFAULT_HTTP_LIMITS, type HttpLimits } from './limits.js';
export { prefersHtml } from './media-ranges.js';
export { isKnownMethod, isSafeMethod } from './method.js';
export { type MultipartPlan, planMultipart } from './multipart.js';
export { type RequestEvent, RequestParser } from './parser.js';
export {
  evaluatePreconditions,
  type PreconditionOutcome,
  rangeApplies,
  type Validators,
} from './preconditions.js';
export {
  type ByteRange,
  contentRange,
  DEFAULT_MAX_RANGES,
  parseRange,
  type RangeOutcome,
} from './range.js';
export { hasContent, type Piece, type Response, type StreamedBody } from './response.js';
export { parseTarget, type RequestTarget } from './target.js';
