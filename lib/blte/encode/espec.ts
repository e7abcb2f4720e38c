/**
 * ESpec, the notation for how content is encoded: text -> a description, and back. Strict, and bounded: it
 * may come from anybody. Knows neither keys nor what does the encoding.
 *
 *     espec  = "n" / zlib / "4" / "e:{" name "," iv "," espec "}" / "b:" ( rule / "{" rule *( "," rule ) "}" )
 *     zlib   = "z" [ ":" ( level / "{" level [ "," ( bits / "mpq" ) ] "}" ) ]
 *     rule   = ( size [ "*" [ count ] ] / "*" ) "=" espec
 *     size   = 1*10DIGIT [ "K" / "M" ]
 *     count  = 1*10DIGIT
 *     level  = "1" to "9"
 *     bits   = "8" to "15"
 *     name   = 16HEXDIG                      ; as the octets stand in the file: the number is little-endian
 *     iv     = 8HEXDIG / 16HEXDIG
 *
 * That is the public notation, but for "4", which it lacks: LZ4, by the letter of its mode. "size*" and "*" are
 * for the last rule. A "b" within a rule is a frame.
 */
import { keyName } from '../encryption.js';
import { HIGHEST_LIMITS } from '../limits.js';

/** How content, or a chunk of it, is encoded. */
export type Encoding =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'zlib';
      readonly level: number;
      /** Of the window, as a power of 2; `mpq`: no more than the chunk needs. */
      readonly bits: number | 'mpq';
    }
  | { readonly kind: 'lz4' }
  | {
      readonly kind: 'encrypted';
      /** The key's name as a KeyRing has it. */
      readonly name: string;
      readonly iv: Buffer;
      readonly inner: Encoding;
    }
  | { readonly kind: 'blocks'; readonly rules: readonly BlockRule[] };

/** Some chunks that follow each other. */
export interface BlockRule {
  /** Octets of content in each; `Infinity`: all that is left. */
  readonly size: number;
  /** How many; `Infinity`: as many as there are, the last one with what is left. */
  readonly count: number;
  readonly encoding: Encoding;
}

/** A text that is no ESpec. */
export class ESpecError extends Error {
  /** Where in the text, from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.name = 'ESpecError';
    this.position = position;
  }
}

/** Characters of a text: that of a file with thousands of chunks that are not alike. */
const MOST_TEXT = 65_536;
/** Frames in one another, as many as any limit can allow. */
const MOST_FRAMES = HIGHEST_LIMITS.maxDepth;
/** What a table can say. */
const MOST_SIZE = 0xffff_ffff;
const MOST_COUNT = 0xff_ffff;

const DEFAULT_LEVEL = 9;
const DEFAULT_BITS = 15;

/** Reads an ESpec. @throws ESpecError that names the character */
export function parseESpec(text: string): Encoding {
  if (text.length > MOST_TEXT) {
    throw new ESpecError(`an ESpec has at most ${MOST_TEXT} characters`, MOST_TEXT);
  }
  return new Parser(text).parse();
}

/** What an encoding is in. */
interface Around {
  /** Tables around it. */
  readonly tables: number;
  readonly isEncrypted: boolean;
}

class Parser {
  readonly #text: string;
  #at = 0;
  /** Initialization vectors by the names of keys. */
  readonly #ivs = new Map<string, string>();

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Encoding {
    const encoding = this.#encoding({ tables: 0, isEncrypted: false });
    if (this.#at < this.#text.length) this.#fail('the end is expected');
    return encoding;
  }

  #encoding(around: Around): Encoding {
    const start = this.#at;
    switch (this.#text[this.#at++]) {
      case 'n':
        return { kind: 'plain' };
      case '4':
        return { kind: 'lz4' };
      case 'z':
        return this.#zlib();
      case 'e':
        return this.#encrypted(around, start);
      case 'b':
        return this.#blocks(around, start);
      case 'c':
      case 'g':
        return this.#refuse('BCPack and GDeflate are not supported', start);
      default:
        return this.#fail('n, z, 4, e or b is expected', start);
    }
  }

  #zlib(): Encoding {
    let level = DEFAULT_LEVEL;
    let bits: number | 'mpq' = DEFAULT_BITS;
    if (this.#takes(':')) {
      const isList = this.#takes('{');
      level = this.#number('a level', 1, 9);
      if (isList) {
        if (this.#takes(',')) bits = this.#takes('mpq') ? 'mpq' : this.#number('a window', 8, 15);
        this.#expect('}');
      }
    }
    return { kind: 'zlib', level, bits };
  }

  #encrypted({ tables, isEncrypted }: Around, start: number): Encoding {
    if (isEncrypted) this.#refuse('what is encrypted is not encrypted again', start);
    // Each frame counts its chunks from 0, and by that number their key streams differ.
    if (tables > 1) this.#refuse('frames would all be encrypted alike: put e around b', start);
    this.#expect(':');
    this.#expect('{');
    const octets = this.#hex('the name of a key', [16]);
    this.#expect(',');
    const ivAt = this.#at;
    const iv = this.#hex('an initialization vector', [8, 16]);
    const name = keyName(Buffer.from(octets, 'hex').readBigUInt64LE());
    const known = this.#ivs.get(name) ?? iv;
    // With two, different chunks could come to have the same key stream.
    if (known !== iv) this.#refuse('a key has one initialization vector in an ESpec', ivAt);
    this.#ivs.set(name, iv);
    this.#expect(',');
    const inner = this.#encoding({ tables: Math.max(tables, 1), isEncrypted: true });
    this.#expect('}');
    return { kind: 'encrypted', name, iv: Buffer.from(iv, 'hex'), inner };
  }

  #blocks({ tables, isEncrypted }: Around, start: number): Encoding {
    if (tables > MOST_FRAMES) this.#refuse(`frames are ${MOST_FRAMES} deep at most`, start);
    this.#expect(':');
    const around = { tables: tables + 1, isEncrypted };
    if (!this.#takes('{')) return { kind: 'blocks', rules: [this.#rule(around)] };
    const rules: BlockRule[] = [];
    for (;;) {
      const rule = this.#rule(around);
      rules.push(rule);
      if (this.#takes('}')) return { kind: 'blocks', rules };
      const isRest = !Number.isFinite(rule.size * rule.count);
      if (isRest && this.#text[this.#at] === ',') {
        this.#refuse('nothing is left behind a rule for the rest', this.#at);
      }
      if (isRest) this.#expect('}');
      else this.#expect(',', '}');
    }
  }

  #rule(around: Around): BlockRule {
    let size = Number.POSITIVE_INFINITY;
    let count = 1;
    if (!this.#takes('*')) {
      size = this.#size();
      if (this.#takes('*')) {
        const isRest = this.#text[this.#at] === '=';
        count = isRest ? Number.POSITIVE_INFINITY : this.#number('a count', 1, MOST_COUNT);
      }
    }
    this.#expect('=');
    return { size, count, encoding: this.#encoding(around) };
  }

  #size(): number {
    const start = this.#at;
    const number = this.#number('a size', 1, MOST_SIZE);
    const unit = this.#takes('K') ? 1024 : this.#takes('M') ? 1_048_576 : 1;
    if (/[A-Za-z]/.test(this.#text[this.#at] ?? ''))
      this.#fail('sizes end in K or M; * or = is expected');
    if (number * unit > MOST_SIZE) this.#fail(`a size of at most ${MOST_SIZE} is expected`, start);
    return number * unit;
  }

  #number(what: string, least: number, most: number): number {
    const [digits] = /^[0-9]{0,10}(?![0-9])/.exec(this.#text.slice(this.#at, this.#at + 11)) ?? [];
    const number = digits ? Number(digits) : Number.NaN;
    if (!(number >= least && number <= most)) {
      this.#fail(`${what} from ${least} to ${most} is expected`);
    }
    this.#at += (digits as string).length;
    return number;
  }

  #hex(what: string, lengths: readonly number[]): string {
    const [digits = ''] = /^[0-9A-Fa-f]*/.exec(this.#text.slice(this.#at, this.#at + 17)) ?? [];
    if (!lengths.includes(digits.length)) {
      this.#fail(`${what} of ${lengths.join(' or ')} hexadecimal digits is expected`);
    }
    this.#at += digits.length;
    return digits.toUpperCase();
  }

  #takes(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(...texts: string[]): void {
    if (!this.#takes(texts[0] as string)) this.#fail(`${texts.join(' or ')} is expected`);
  }

  #fail(what: string, at: number = this.#at): never {
    const rest = this.#text.slice(at);
    const found =
      rest === '' ? 'the end' : `"${rest.length > 12 ? `${rest.slice(0, 12)}…` : rest}"`;
    this.#refuse(`${what}, not ${found}`, at);
  }

  #refuse(what: string, at: number): never {
    throw new ESpecError(`ESpec, character ${at + 1}: ${what}`, at);
  }
}

/** An ESpec in its shortest form. */
export function formatESpec(encoding: Encoding): string {
  switch (encoding.kind) {
    case 'plain':
      return 'n';
    case 'lz4':
      return '4';
    case 'zlib': {
      const { level, bits } = encoding;
      if (bits !== DEFAULT_BITS) return `z:{${level},${bits}}`;
      return level === DEFAULT_LEVEL ? 'z' : `z:${level}`;
    }
    case 'encrypted': {
      const name = octetsOf(encoding.name).toString('hex').toUpperCase();
      const iv = encoding.iv.toString('hex').toUpperCase();
      return `e:{${name},${iv},${formatESpec(encoding.inner)}}`;
    }
    case 'blocks':
      return `b:{${encoding.rules.map(formatRule).join(',')}}`;
  }
}

/** A rule as it stands in an ESpec, such as `64K*4=z`. */
export function formatRule({ size, count, encoding }: BlockRule): string {
  const octets = size === Number.POSITIVE_INFINITY ? '*' : formatSize(size);
  const times = count === 1 ? '' : count === Number.POSITIVE_INFINITY ? '*' : `*${count}`;
  return `${octets}${times}=${formatESpec(encoding)}`;
}

function formatSize(size: number): string {
  if (size % 1_048_576 === 0) return `${size / 1_048_576}M`;
  return size % 1024 === 0 ? `${size / 1024}K` : String(size);
}

/** A key's name as it stands in files, and in an ESpec. */
export function octetsOf(name: string): Buffer {
  return Buffer.from(name, 'hex').reverse();
}
