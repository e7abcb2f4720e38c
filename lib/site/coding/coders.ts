/**
 * What compresses: zlib's functions, by content coding, with levels for compressing while somebody waits.
 * Knows neither resources nor requests.
 */
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import type { ContentCoding } from '../../http/accept-encoding.js';

/** Beyond, gzip takes twice the time for a hundredth of the size. */
const GZIP_LEVEL = 6;
/** Of what is kept in memory, and of what is made for one client. */
const BROTLI_QUALITY = 5;
const BROTLI_STREAM_QUALITY = 4;
const ZSTD_LEVEL = 3;

/**
 * How far back streams look, as a power of two: with 128 KiB a client that is sent brotli or zstd costs 3 MiB, and
 * one with gzip, which always looks back 32 KiB, 1 MiB; the 4 MiB that are brotli's default made it 37.
 */
const STREAM_WINDOW = 17;

/** The same for content in memory, which is rarely longer. */
const WINDOW = 20;

/** Compresses in one coding. */
export interface Coder {
  /** All at once, in the thread pool. */
  whole(bytes: Uint8Array): Promise<Buffer>;
  stream(): Transform;
}

type Compress<Options> = (
  bytes: Uint8Array,
  options: Options,
  done: (error: Error | null, result: Buffer) => void,
) => void;

/** Parameters by number. */
interface Parameters {
  readonly params: Record<number, number>;
}

/** What Node has from 22.15 on. */
interface WithZstd {
  readonly zstdCompress?: Compress<Parameters>;
  readonly createZstdCompress?: (options: Parameters) => Transform;
  readonly constants: {
    readonly ZSTD_c_compressionLevel: number;
    readonly ZSTD_c_windowLog: number;
  };
}

/** What this Node can compress with. */
export const CODERS: ReadonlyMap<ContentCoding, Coder> = new Map(
  [zstd(), ['br', brotli()] as const, ['gzip', gzip()] as const].filter(
    (entry) => entry !== undefined,
  ),
);

function gzip(): Coder {
  const options = { level: GZIP_LEVEL };
  return {
    whole: (bytes) => promised(zlib.gzip as Compress<zlib.ZlibOptions>, bytes, options),
    stream: () => zlib.createGzip(options),
  };
}

function brotli(): Coder {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  return {
    whole: (bytes) =>
      promised(zlib.brotliCompress as Compress<Parameters>, bytes, {
        params: {
          [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [BROTLI_PARAM_LGWIN]: WINDOW,
          [BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
    stream: () =>
      zlib.createBrotliCompress({
        params: {
          [BROTLI_PARAM_QUALITY]: BROTLI_STREAM_QUALITY,
          [BROTLI_PARAM_LGWIN]: STREAM_WINDOW,
        },
      }),
  };
}

function zstd(): readonly [ContentCoding, Coder] | undefined {
  const { zstdCompress, createZstdCompress, constants } = zlib as unknown as WithZstd;
  if (zstdCompress === undefined || createZstdCompress === undefined) return undefined;
  const params = (window: number): Parameters => ({
    params: {
      [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
      [constants.ZSTD_c_windowLog]: window,
    },
  });
  return [
    'zstd',
    {
      whole: (bytes) => promised(zstdCompress, bytes, params(WINDOW)),
      stream: () => createZstdCompress(params(STREAM_WINDOW)),
    },
  ];
}

function promised<Options>(
  compress: Compress<Options>,
  bytes: Uint8Array,
  options: Options,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    compress(bytes, options, (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}
