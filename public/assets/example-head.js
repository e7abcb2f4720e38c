// HEAD, with every field that a page is allowed to see and a word on what it is for.
import { el, fieldName, ROOT } from './page.js';
import { exchange, requestBlock, showFailure, wireBlock } from './wire.js';

const MEANING = new Map([
  ['accept-ranges', 'Ranges of octets may be asked for. RFC 9110 §14.3'],
  ['allow', 'The methods that this resource takes. RFC 9110 §10.2.1'],
  ['cache-control', 'How caches may keep the answer. RFC 9111 §5.2'],
  ['connection', 'What happens to the connection afterwards. RFC 9110 §7.6.1'],
  ['content-encoding', 'The content is coded, and this is how. RFC 9110 §8.4'],
  ['content-length', 'Octets a GET would have brought. RFC 9110 §8.6'],
  ['content-security-policy', 'What the page may load and run. W3C CSP 3'],
  ['content-type', 'What kind of thing the content is. RFC 9110 §8.3'],
  ['date', 'When the answer was made. RFC 9110 §6.6.1'],
  ['etag', 'The name of exactly this version. RFC 9110 §8.8.3'],
  ['keep-alive', 'How long the connection may idle. RFC 2068 §19.7.1.1'],
  ['last-modified', 'When the file last changed. RFC 9110 §8.8.2'],
  ['location', 'Where to go instead. RFC 9110 §10.2.2'],
  ['server', 'Which software answered. RFC 9110 §10.2.4'],
  ['transfer-encoding', 'How the message is framed. RFC 9112 §6.1'],
  ['vary', 'Which request fields chose this variant. RFC 9110 §12.5.5'],
  ['x-content-type-options', 'Take the type as given, don’t guess. WHATWG Fetch'],
]);

/** @param {HTMLElement} tool */
export function startHead(tool) {
  const file = tool.querySelector('[data-file]');
  const button = tool.querySelector('[data-run]');
  const out = tool.querySelector('[data-out]');

  function table(response) {
    const rows = [...response.headers].map(([name, value]) => {
      const th = el('th', null, fieldName(name));
      th.scope = 'row';
      const meaning = el('td', 'small', MEANING.get(name) ?? '');
      return el('tr', null, th, el('td', null, el('code', null, value)), meaning);
    });
    const heads = ['Field', 'Value', 'What it says'].map((text) => {
      const th = el('th', null, text);
      th.scope = 'col';
      return th;
    });
    return el(
      'div',
      'table-wrap full',
      el('table', null, el('thead', null, el('tr', null, ...heads)), el('tbody', null, ...rows)),
    );
  }

  async function run() {
    button.disabled = true;
    const url = new URL(file.value, ROOT);
    try {
      const { response, content } = await exchange(url, { method: 'HEAD' });
      const status = wireBlock('The server answered', [
        'HTTP/1.1 ',
        el('span', 'hot', `${response.status} ${response.statusText}`.trim()),
        `\n${content.length} octets of content`,
      ]);
      out.replaceChildren(requestBlock('HEAD', url, {}), status, table(response));
    } catch (error) {
      showFailure(out, error);
    } finally {
      button.disabled = false;
    }
  }

  button.addEventListener('click', run);
  button.disabled = false;
}
