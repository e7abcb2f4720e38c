/** BLTE files decoded, alone: no server, no files. */
export {
  type BlteOptions,
  createBlteDecoder,
  type DecodeOptions,
  decodeBlte,
} from './decoder.js';
export { BlteError, type BlteErrorPlace } from './error.js';
export type { Bytes } from './feed.js';
export { type BlteEntry, writeHeader } from './header.js';
export { KeyRing } from './keys.js';
export { type BlteLimits, DEFAULT_LIMITS } from './limits.js';
export {
  type BlteExtent,
  type BlteLayout,
  BlteReader,
  type BlteReaderOptions,
  type BlteReadOptions,
  type BlteSingle,
  type OpenBlteOptions,
  openBlte,
  type ReadAt,
  readLayout,
} from './reader.js';
export type { BlteChunk, BlteFormat, BlteTable } from './table.js';
export { VerifiedChunks } from './verified.js';
