/**
 * Reads test/wire/*.md. Each `##` heading is a case: a sentence that says why, with its RFC section,
 * a block `http` with the octets and a block `events` with what the parser must make of them. A
 * block `limits` (JSON) may change limits. test/wire/README.md has the notation.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from '../../lib/http/limits.js';
import { limits } from './feed.js';

/** One exchange and what is expected of it. */
export interface WireCase {
  readonly title: string;
  readonly limits: HttpLimits;
  readonly bytes: Buffer;
  /** One raw line an event, in the form that `feed` gives. */
  readonly events: readonly string[];
}

/** One file: a subject and its cases. */
export interface WireDocument {
  readonly file: string;
  readonly cases: readonly WireCase[];
}

/** From dist/test/helpers to the sources, which hold the fixtures. */
const FOLDER = new URL('../../../test/wire/', import.meta.url);

/** All fixtures. */
export function readWireDocuments(): WireDocument[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => readWireDocument(file, readFileSync(new URL(file, FOLDER), 'utf8')));
}

/** @throws Error with file and heading when the document has no cases or one is malformed */
export function readWireDocument(file: string, text: string): WireDocument {
  const [, ...sections] = text.split(/^## /m);
  if (sections.length === 0) throw new Error(`${file}: no cases`);
  const cases = sections.map((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    try {
      return readCase(title, section.slice(title.length + 1));
    } catch (error) {
      throw new Error(`${file}: ${title}: ${(error as Error).message}`);
    }
  });
  const titles = new Set(cases.map((one) => one.title));
  if (titles.size !== cases.length) throw new Error(`${file}: two cases have the same heading`);
  return { file, cases };
}

const FENCE = /^```(.*)\n([\s\S]*?)\n?^```$/gm;

function readCase(title: string, text: string): WireCase {
  const blocks = new Map<string, string>();
  const prose = text.replace(FENCE, (_, kind: string, body: string) => {
    if (!['http', 'events', 'limits'].includes(kind)) throw new Error(`unknown block ${kind}`);
    if (blocks.has(kind)) throw new Error(`two ${kind} blocks`);
    blocks.set(kind, body);
    return '';
  });
  if (prose.includes('```')) throw new Error('a block without an end');
  if (!/RFC [0-9]+ §[0-9A-Z.]+/.test(prose)) throw new Error('no RFC section');
  const [http, events] = [blocks.get('http'), blocks.get('events')];
  if (http === undefined || events === undefined) throw new Error('no http or no events block');
  const bytes = Buffer.from(unescapeLines(http.split('\n')), 'latin1');
  if (bytes.length === 0) throw new Error('an http block without octets');
  return { title, limits: readLimits(blocks.get('limits')), bytes, events: readEvents(events) };
}

function readLimits(json = '{}'): HttpLimits {
  const some = JSON.parse(json) as Partial<HttpLimits>;
  for (const name of Object.keys(some)) {
    if (!(name in DEFAULT_HTTP_LIMITS)) throw new Error(`unknown limit ${name}`);
  }
  return limits(some);
}

const EVENT =
  /^(?:head \S+ (?:origin|absolute|authority|asterisk) \S+ (?:\S+ )?1\.[01] (?:none|chunked|length=[0-9]+) (?:persistent|closing)(?: expects-(?:continue|unknown))?|field [^:]+:(?: .+)?|data .+|end|more|error [45][0-9]{2} .+)$/;

function readEvents(block: string): string[] {
  const lines = block === '' ? [] : block.split('\n');
  for (const line of lines) if (!EVENT.test(line)) throw new Error(`malformed event: ${line}`);
  return lines.map((line) => unescapeLines([line]));
}

/** The octets, as latin1, that the lines of a block stand for; line ends of the file don't count. */
export function unescapeLines(lines: readonly string[]): string {
  for (const line of lines) if (/[ \t]$/.test(line)) throw new Error('a line that ends in a blank');
  const repeated = lines
    .join('')
    .replace(/«([^«»×]+)×([1-9][0-9]*)»/g, (_, unit: string, count: string) =>
      unit.repeat(Number(count)),
    );
  return repeated.replace(/\\(r|n|t|0|\\|x[0-9A-Fa-f]{2})|[^\x20-\x5b\x5d-\x7e]/g, (text, code) => {
    const plain = { r: '\r', n: '\n', t: '\t', 0: '\0', '\\': '\\' }[code as string];
    if (plain !== undefined) return plain;
    if (code === undefined) throw new Error(`${JSON.stringify(text)} must be written as an escape`);
    return String.fromCharCode(Number.parseInt(code.slice(1), 16));
  });
}
