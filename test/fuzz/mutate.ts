/**
 * Input for the fuzzer: the wire fixtures and requests put together from parts, damaged where it
 * hurts. Knows the grammar, so that damage gets past the request line.
 */
import type { Random } from '../helpers/random.js';
import { readWireDocuments } from '../helpers/wire.js';

/** Octets that mean something to some parser. */
const OCTETS = '\r\n\0\t :;,="\\/*%0159afAFzZ\x0b\x1f\x7f\x80\x85\xa0\xff';

/** Parts of requests, to be put anywhere. */
const PARTS = [
  'GET / HTTP/1.1\r\n',
  'POST /a?b HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'CONNECT a:1 HTTP/1.1\r\n',
  'GET http://a/b HTTP/1.0\r\n',
  'Host: a\r\n',
  'Host: [::1]:80\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'X: y\r\n',
  ' folded\r\n',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '5\r\nhello\r\n',
  '5;a="b\\"c"\r\nhello\r\n',
  '0\r\n\r\n',
  '0\r\nX: y\r\n\r\n',
  'hello',
  ' HTTP/1.1',
  ' HTTP/2.0',
  'chunked',
  ', ',
];

const SEEDS = readWireDocuments()
  .flatMap(({ cases }) => cases.map(({ bytes }) => bytes.toString('latin1')))
  .filter((text) => text.length < 20_000);

/** The next input. */
export function nextInput(random: Random): Buffer {
  let text = random.below(4) === 0 ? assembled(random) : random.pick(SEEDS);
  for (let i = random.below(5); i > 0; i--) text = random.pick(MUTATIONS)(text, random);
  return Buffer.from(text.slice(0, 40_000), 'latin1');
}

/** Parts in a random order, a head more likely than not. */
function assembled(random: Random): string {
  let text = random.pick(['', '\r\n', PARTS[0] as string, `${PARTS[1]}${PARTS[5]}`]);
  for (let i = random.below(12); i > 0; i--) text += random.pick(PARTS);
  return text;
}

type Mutation = (text: string, random: Random) => string;

const octet: Mutation = (_, random) =>
  random.pick([...OCTETS, String.fromCharCode(random.below(256))]);

function replaced(text: string, at: number, length: number, by: string): string {
  return text.slice(0, at) + by + text.slice(at + length);
}

/** Lines keep their ends, so that they can be moved about. */
function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

const MUTATIONS: readonly Mutation[] = [
  // An octet changed, added, taken away; a bit flipped.
  (text, random) => replaced(text, random.below(text.length + 1), 1, octet(text, random)),
  (text, random) => replaced(text, random.below(text.length + 1), 0, octet(text, random)),
  (text, random) => replaced(text, random.below(text.length + 1), 1 + random.below(3), ''),
  (text, random) => {
    const at = random.below(text.length + 1);
    const code = (text.charCodeAt(at) || 0) ^ (1 << random.below(8));
    return replaced(text, at, 1, String.fromCharCode(code & 0xff));
  },
  // A part put in; another request before, behind or inside.
  (text, random) => replaced(text, random.below(text.length + 1), 0, random.pick(PARTS)),
  (text, random) => text + random.pick(SEEDS),
  (text, random) => random.pick(SEEDS) + text,
  (text, random) => {
    const other = random.pick(SEEDS);
    return (
      text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1))
    );
  },
  // Lines doubled, dropped, swapped, ended otherwise.
  (text, random) => {
    const lines = linesOf(text);
    const at = random.below(lines.length);
    lines.splice(at, 0, lines[random.below(lines.length)] as string);
    return lines.join('');
  },
  (text, random) => {
    const lines = linesOf(text);
    lines.splice(random.below(lines.length), 1);
    return lines.join('');
  },
  (text, random) => {
    const lines = linesOf(text);
    const at = random.below(lines.length);
    const end = random.pick(['\n', '\r', '\r\r\n', ' \r\n', '\n\r', '\r\n ']);
    lines[at] = (lines[at] as string).replace(/\r?\n$/, end);
    return lines.join('');
  },
  // A number made another, a letter's case changed.
  (text, random) => {
    const number = () => random.pick(['0', '1', '7', '00', 'a', '-1', '18446744073709551616', '']);
    return text.replace(/[0-9]+/g, (digits) => (random.below(4) === 0 ? number() : digits));
  },
  (text, random) =>
    text.replace(/[a-z]/gi, (char) => (random.below(9) === 0 ? swapCase(char) : char)),
  // A run as long as a limit, or nearly.
  (text, random) => {
    const length = random.pick([8, 33, 90, 4096, 8192, 16_384]) - 2 + random.below(5);
    const run = random
      .pick(['a', ' ', '0', ';', '\r\n', 'X: y\r\n'])
      .repeat(length)
      .slice(0, length);
    return replaced(text, random.below(text.length + 1), 0, run);
  },
  // Cut short.
  (text, random) => text.slice(0, random.below(text.length + 1)),
];

function swapCase(char: string): string {
  return char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase();
}
