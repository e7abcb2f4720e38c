/**
 * Files that are stored encoded and served decoded, as a Source before a Source: where nothing is at a path,
 * what is at it with the format's suffix answers for it. What decodes is loaded beside the start, and only
 * where it is wanted. Knows names, not what is in files.
 */
import { checkKeys, type KeyRing } from '../blte/keys.js';
import { type BlteLimits, resolveLimits } from '../blte/limits.js';
import { contentType } from './content-type.js';
import { DECODED_FORMATS, type DecodedFormat, VERIFY, type Verify } from './decoding-choices.js';
import type { Opened, OpenOptions, Resource, ResourcePath, Source } from './source.js';

/** How files are decoded. */
export interface DecodingOptions {
  /** Limits that are other than the default. */
  readonly limits?: Partial<BlteLimits> | undefined;
  /** Keys of encrypted chunks. */
  readonly keys?: KeyRing | undefined;
  /**
   * Octets up to which a file that was sent whole is then given in memory, for a cache to keep; 8 MiB at most. 0. Only
   * of stored files that are in memory themselves (`Resource.bytes`).
   */
  readonly keep?: number | undefined;
  /**
   * `always`; `once` is for a source whose strong tags can be trusted, and that reads strictly
   * (`SourceReadOptions.strict`) where files are written to.
   */
  readonly verify?: Verify | undefined;
}

/** What decoding holds in memory, in octets. */
export interface DecodingMemory {
  /** Tables, and what else is known of files. */
  readonly tables: number;
  /** Small files until the next who opens them. */
  readonly contents: number;
  /** Buffers of chunks and slices of the whole process, those kept for the next ones too. */
  readonly buffers: number;
}

const NOTHING: DecodingMemory = { tables: 0, contents: 0, buffers: 0 };

/** Decodes what a source gives. */
export interface Decoder {
  /**
   * The decoded form of `encoded`, which it closes when it is closed, or at once where it can't.
   * What it gives has an entity tag that is not that of `encoded`, for it has other octets, and fails with errors
   * that name `path`.
   * @param path of the encoded file
   * @param type the value of Content-Type of what is decoded
   * @throws SourceError (or rejects with it) for what is wrong with it
   */
  open(
    encoded: Resource,
    path: ResourcePath,
    type: string,
    options?: OpenOptions,
  ): Resource | Promise<Resource>;
  /** What a resource in memory was decoded from, by which a cache asks whether it is current; `undefined`: not here. */
  origin(resource: Resource): Resource | undefined;
  /** What it holds now. */
  memory(): DecodingMemory;
}

/** A source that can say at once whether what it gave still holds. */
type Checkable = Source & Required<Pick<Source, 'isCurrent'>>;

/** A source that decodes, and can say what it holds. */
export interface DecodingSource extends Source {
  memory(): DecodingMemory;
}

/**
 * Serves what is encoded under `NAME.blte` as `NAME` too, where there is no other `NAME`.
 * @param source behind it; where it has `isCurrent`, so has this
 * @param load another one for tests
 * @throws RangeError for a format that there is not, or a limit that is none; TypeError for keys that are no KeyRing
 */
export function decoding(
  source: Checkable,
  format: DecodedFormat,
  options?: DecodingOptions,
  load?: LoadDecoder,
): Checkable & DecodingSource;
export function decoding(
  source: Source,
  format: DecodedFormat,
  options?: DecodingOptions,
  load?: LoadDecoder,
): DecodingSource;
export function decoding(
  source: Source,
  format: DecodedFormat,
  options: DecodingOptions = {},
  load?: LoadDecoder,
): DecodingSource {
  if (!DECODED_FORMATS.includes(format)) {
    throw new RangeError(`decode is ${String(format)}; it takes ${DECODED_FORMATS.join(' or ')}`);
  }
  const { limits, verify } = options;
  if (verify !== undefined && !VERIFY.includes(verify)) {
    throw new RangeError(`verify is ${String(verify)}; it takes ${VERIFY.join(' or ')}`);
  }
  resolveLimits(limits);
  checkKeys(options.keys);
  const { suffix, load: own } = FORMATS[format];
  const loading = (load ?? own)(options);
  return source.isCurrent === undefined
    ? new Decoding(source, suffix, loading)
    : new CheckableDecoding(source as Checkable, suffix, loading);
}

/** Loads what decodes. */
export type LoadDecoder = (options: DecodingOptions) => Promise<Decoder>;

/** What a format is. */
interface Format {
  /** What stored names end in beyond those that are served. */
  readonly suffix: string;
  readonly load: LoadDecoder;
}

const FORMATS = {
  blte: {
    suffix: '.blte',
    async load(options) {
      const { BlteFiles } = await import('./blte.js');
      return new BlteFiles(options);
    },
  },
} satisfies Record<DecodedFormat, Format>;

class Decoding implements DecodingSource {
  readonly enlarge?: (resource: Resource, octets: number) => boolean;
  protected readonly source: Source;
  protected readonly suffix: string;
  /** `undefined`: it is still being loaded. */
  protected decoder: Decoder | undefined;
  readonly #loading: Promise<Decoder>;

  constructor(source: Source, suffix: string, loading: Promise<Decoder>) {
    this.source = source;
    this.suffix = suffix;
    this.#loading = loading.then((decoder) => {
      this.decoder = decoder;
      return decoder;
    });
    // Whoever needs it hears of it.
    this.#loading.catch(() => {});
    if (source.enlarge !== undefined) this.enlarge = source.enlarge.bind(source);
  }

  open(path: ResourcePath, options?: OpenOptions): Opened | Promise<Opened> {
    const plain = this.source.open(path, options);
    if (plain instanceof Promise) return plain.then((late) => late ?? this.#stored(path, options));
    return plain ?? this.#stored(path, options);
  }

  memory(): DecodingMemory {
    return this.decoder?.memory() ?? NOTHING;
  }

  close(): Promise<void> {
    return this.source.close();
  }

  #stored(path: ResourcePath, options: OpenOptions | undefined): Opened | Promise<Opened> {
    const stored = (path + this.suffix) as ResourcePath;
    const opened = this.source.open(stored, options);
    return opened instanceof Promise
      ? opened.then((late) => this.#decoded(path, stored, late, options))
      : this.#decoded(path, stored, opened, options);
  }

  #decoded(
    path: ResourcePath,
    stored: ResourcePath,
    opened: Opened,
    options: OpenOptions | undefined,
  ): Opened | Promise<Opened> {
    if (opened?.kind !== 'resource') return null;
    const type = contentType(path);
    if (this.decoder !== undefined) return this.decoder.open(opened, stored, type, options);
    return this.#loading.then(
      (decoder) => decoder.open(opened, stored, type, options),
      (error) => {
        opened.close();
        throw error;
      },
    );
  }
}

class CheckableDecoding extends Decoding {
  declare protected readonly source: Checkable;

  isCurrent(path: ResourcePath, resource: Resource): boolean {
    const origin = this.decoder?.origin(resource);
    if (origin === undefined) return this.source.isCurrent(path, resource);
    const stored = (path + this.suffix) as ResourcePath;
    return this.source.isCurrent(stored, origin) && this.#isAbsent(path);
  }

  /** Whether nothing stands in the way of what is decoded; where that takes time, no. */
  #isAbsent(path: ResourcePath): boolean {
    try {
      const opened = this.source.open(path);
      if (opened === null) return true;
      if (opened instanceof Promise) opened.then(close, () => {});
      else close(opened);
    } catch {
      // What can't be had is there.
    }
    return false;
  }
}

function close(opened: Opened): void {
  if (opened?.kind === 'resource') opened.close();
}
