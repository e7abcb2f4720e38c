// The same file twice: first plainly, then only if its entity tag is another one.
import { el, grouped, ROOT } from './page.js';
import { contentSize, exchange, requestBlock, responseBlock, showFailure } from './wire.js';

const HOT = ['etag', 'content-length'];

/** @param {HTMLElement} tool */
export function startConditional(tool) {
  const file = tool.querySelector('[data-file]');
  const button = tool.querySelector('[data-run]');
  const out = tool.querySelector('[data-out]');

  async function run() {
    button.disabled = true;
    const url = new URL(file.value, ROOT);
    try {
      // Far more than the files listed here: the first answer is to be read to its end.
      const before = await exchange(url, { most: 16 * 1_048_576 });
      const etag = before.response.headers.get('etag');
      const shown = [requestBlock('GET', url, {}), responseBlock(before.response, HOT)];
      if (etag === null) {
        const text = 'Without an entity tag there is nothing to compare by.';
        out.replaceChildren(...shown, el('p', 'says full', text));
        return;
      }
      const headers = { 'If-None-Match': etag };
      const after = await exchange(url, { headers });
      const saved = before.content.length - after.content.length;
      const verdict =
        after.response.status === 304
          ? `304: unchanged. ${contentSize(before)} of content the first time, ${contentSize(after)} the second; ${grouped(saved)} octets stayed at home.`
          : `${after.response.status}: the file is another one by now, so it came whole.`;
      out.replaceChildren(
        ...shown,
        requestBlock('GET', url, headers),
        responseBlock(after.response, HOT),
        el('p', 'says full', el('strong', null, verdict)),
      );
    } catch (error) {
      showFailure(out, error);
    } finally {
      button.disabled = false;
    }
  }

  button.addEventListener('click', run);
  button.disabled = false;
}
