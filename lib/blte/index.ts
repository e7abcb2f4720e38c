/** BLTE files decoded and encoded, alone: no server, no files. */
export {
  type BlteOptions,
  createBlteDecoder,
  type DecodeOptions,
  decodeBlte,
} from './decoder.js';
export {
  type BlteEncoding,
  type EncodeFileOptions,
  encodeBlte,
  encodeBlteFile,
  type SeekableFile,
} from './encode/encoder.js';
export {
  type BlockRule,
  type Encoding,
  ESpecError,
  formatESpec,
  parseESpec,
} from './encode/espec.js';
export { EncodeError, type EncodeOptions } from './encode/options.js';
export { BlteError, type BlteErrorPlace } from './error.js';
export type { Bytes } from './feed.js';
export { type BlteEntry, HeaderWriter, writeHeader } from './header-writer.js';
export { KeyRing } from './keys.js';
export { type BlteLimits, DEFAULT_LIMITS, LimitError } from './limits.js';
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
