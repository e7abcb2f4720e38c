/**
 * The field section of a request: names and values as they came, in order. Looking up compares
 * lengths first, so that a request pays nothing for the fields nobody asks about; there is no object
 * with field names as keys, hence nothing that `__proto__` could reach.
 */
import { HttpError } from './error.js';
import { isFieldValue, isToken, trimBlanks } from './grammar.js';

/** Field lines of one message. Names are case-insensitive; values are latin1, OWS already removed. */
export class Fields {
  readonly #lines: string[];

  /** `lines`: name and value in turn, already validated. */
  constructor(lines: string[] = []) {
    this.#lines = lines;
  }

  /** How many field lines there are. */
  get size(): number {
    return this.#lines.length / 2;
  }

  /**
   * The value of the field, its lines joined with `, ` (RFC 9110 §5.2), or `undefined` when absent.
   * `name` in lower case.
   */
  get(name: string): string | undefined {
    const lines = this.#lines;
    let value: string | undefined;
    for (let i = 0; i < lines.length; i += 2) {
      const candidate = lines[i] as string;
      if (candidate.length === name.length && same(candidate, name)) {
        const line = lines[i + 1] as string;
        value = value === undefined ? line : `${value}, ${line}`;
      }
    }
    return value;
  }

  /** Every line's value of the field in order; empty when absent. `name` in lower case. */
  all(name: string): string[] {
    const values: string[] = [];
    for (const [candidate, value] of this) if (candidate.toLowerCase() === name) values.push(value);
    return values;
  }

  /** The lines as `[name, value]`, names as the sender wrote them. */
  *[Symbol.iterator](): Generator<[name: string, value: string]> {
    const lines = this.#lines;
    for (let i = 0; i < lines.length; i += 2) yield [lines[i] as string, lines[i + 1] as string];
  }
}

/** Of equal lengths. By hand: `toLowerCase` would make a string for each name that is looked at. */
function same(candidate: string, lowerCase: string): boolean {
  for (let i = 0; i < lowerCase.length; i++) {
    const octet = candidate.charCodeAt(i);
    const lower = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
    if (lower !== lowerCase.charCodeAt(i)) return false;
  }
  return true;
}

/* field-line = field-name ":" OWS field-value OWS                        RFC 9112 §5 */

/**
 * Parses one field line, without its CRLF, and appends name and value to `lines`.
 * @throws HttpError 400 for obs-fold, blanks around the name, no colon or a control octet.
 */
export function parseFieldLine(line: string, lines: string[]): void {
  const colon = line.indexOf(':');
  // A blank before the colon or a folded line makes the name no token (RFC 9112 §5.1, §5.2).
  if (colon === -1) throw new HttpError(400, 'field line without a colon');
  const name = line.slice(0, colon);
  if (!isToken(name)) throw new HttpError(400, 'malformed field name');
  const value = trimBlanks(line.slice(colon + 1));
  if (!isFieldValue(value)) throw new HttpError(400, 'control character in a field value');
  lines.push(name, value);
}
