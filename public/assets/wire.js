// How a request and its response are shown: fields as they would stand on the wire, octets in hex.
import { el, fieldName, sizeOf } from './page.js';

/**
 * @typedef {object} Answer
 * @property {Response} response
 * @property {Uint8Array} content what was read of it
 * @property {boolean} cut whether there was more
 */

/**
 * Sends one request past the browser's cache, and reads no more than `most` octets of its content.
 *
 * @param {URL} url
 * @param {{ method?: string, headers?: Record<string, string>, most?: number }} options
 * @returns {Promise<Answer>}
 */
export async function exchange(url, { method = 'GET', headers = {}, most = 65_536 } = {}) {
  const response = await fetch(url, { method, headers, cache: 'no-store' });
  const content = new Uint8Array(most);
  let held = 0;
  let cut = false;
  const reader = response.body?.getReader();
  while (reader) {
    const { value, done } = await reader.read();
    if (done) break;
    const part = value.subarray(0, most - held);
    content.set(part, held);
    held += part.length;
    if (part.length < value.length) {
      cut = true;
      await reader.cancel();
      break;
    }
  }
  return { response, content: content.subarray(0, held), cut };
}

/**
 * @param {string} title
 * @param {(Node | string)[]} content
 * @param {string} [className]
 */
export function wireBlock(title, content, className) {
  const pre = el('pre', className ?? null, ...content);
  pre.tabIndex = 0;
  pre.setAttribute('role', 'region');
  pre.setAttribute('aria-label', title);
  return el('div', 'wire', el('p', 'wire-title', title), pre);
}

/** @param {string} name @param {string} value @param {boolean} hot */
const line = (name, value, hot) => [
  el('span', 'key', `${name}:`),
  ' ',
  el('span', hot ? 'hot' : null, value),
  '\n',
];

/** @param {string} method @param {URL} url @param {Record<string, string>} headers */
export function requestBlock(method, url, headers) {
  return wireBlock(
    'The page sent',
    [
      `${method} ${url.pathname}${url.search} HTTP/1.1\n`,
      ...line('Host', url.host, false),
      ...Object.entries(headers).flatMap(([name, value]) => line(name, value, true)),
      el('span', 'soft', '(and the browser’s own fields)'),
    ],
    'wrapped',
  );
}

/**
 * @param {Response} response
 * @param {readonly string[]} hot names in lower case
 */
export function responseBlock(response, hot) {
  return wireBlock(
    'The server answered',
    [
      'HTTP/1.1 ',
      el('span', 'hot', `${response.status} ${response.statusText}`.trim()),
      '\n',
      ...[...response.headers].flatMap(([name, value]) =>
        line(fieldName(name), value, hot.includes(name)),
      ),
    ],
    'wrapped',
  );
}

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const SHOWN_OCTETS = 1024;

/** @param {number} octet */
const visible = (octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '·');

/**
 * Sixteen octets a line: offset, hex, text.
 *
 * @param {Uint8Array} content
 * @param {number} start offset of the first octet in the whole file
 * @param {string} title
 */
export function hexBlock(content, start, title) {
  const shown = content.subarray(0, SHOWN_OCTETS);
  const perLine = window.innerWidth < 560 ? 8 : 16;
  const lines = [];
  for (let at = 0; at < shown.length; at += perLine) {
    const row = shown.subarray(at, at + perLine);
    const hex = Array.from(row, (octet) => HEX[octet]).join(' ');
    lines.push(
      el('span', 'soft', String(start + at).padStart(8, '0')),
      `  ${hex.padEnd(perLine * 3 - 1)}  `,
      el('span', 'key', Array.from(row, visible).join('')),
      '\n',
    );
  }
  if (content.length > shown.length) lines.push(el('span', 'soft', `(the first ${SHOWN_OCTETS})`));
  const block = wireBlock(title, lines);
  block.classList.add('full');
  return block;
}

/**
 * Content that is itself made of lines, with its CRLFs visible.
 *
 * @param {Uint8Array} content
 * @param {string} boundary marks the lines to highlight
 */
export function rawBlock(content, boundary) {
  const text = Array.from(content, (octet) => String.fromCharCode(octet)).join('');
  const parts = text
    .split('\r\n')
    .flatMap((row, i, rows) => [
      boundary !== '' && row.startsWith(`--${boundary}`) ? el('span', 'hot', row) : row,
      i < rows.length - 1 ? el('span', 'soft', '\\r\\n') : '',
      '\n',
    ]);
  const block = wireBlock(`The content as it came, ${content.length} octets`, parts, 'wrapped');
  block.classList.add('full');
  return block;
}

/** @param {Answer} answer */
export const contentSize = ({ content, cut }) =>
  cut ? `more than ${sizeOf(content.length)}` : sizeOf(content.length);

/**
 * Says what went wrong where the answer would stand.
 *
 * @param {HTMLElement} out
 * @param {unknown} error a string when nothing was sent
 */
export function showFailure(out, error) {
  const sent = error instanceof Error;
  const text = sent ? `Is the server still running? (${error.message})` : String(error);
  out.replaceChildren(
    el('p', 'says full', el('strong', null, sent ? 'No answer. ' : 'Not sent. '), text),
  );
}
