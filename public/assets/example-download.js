// A download that can be broken and resumed. The page reads at a chosen rate; when it does not read,
// the browser stops taking from the socket, and the server has to wait.
import { el, fieldName, grouped, sizeOf } from './page.js';
import { SAMPLES } from './samples.js';

const FILE = new URL('large.bin', SAMPLES);

/** A validator that If-Range may carry: a strong entity tag, else a date (RFC 9110 §13.1.5). */
function strongValidator(headers) {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

const hexOf = (buffer) =>
  Array.from(new Uint8Array(buffer), (octet) => octet.toString(16).padStart(2, '0')).join('');

/** Waits as long as it takes for `taken` octets at `rate` octets a second since `since`. */
async function holdBack(taken, rate, since, signal) {
  if (rate === 0) return;
  const wait = (taken / rate) * 1000 - (performance.now() - since);
  if (wait > 4 && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, wait));
}

/**
 * @param {HTMLFieldSetElement} tool
 * @param {{ size: number, sha256: string }} expected
 */
export function startDownload(tool, expected) {
  const find = (name) => tool.querySelector(`[data-${name}]`);
  const rate = find('rate');
  const start = find('start');
  const pause = find('pause');
  const reset = find('reset');
  const progress = find('progress');
  const readout = find('readout');
  const legs = find('legs');
  const verdict = find('verdict');

  // The digest needs the whole file at once, because crypto.subtle takes no stream: one buffer of
  // the file's size, let go as soon as the digest is known. Without a secure context there is none.
  const canDigest = window.isSecureContext && crypto.subtle !== undefined;
  /** @type {Uint8Array | undefined} */
  let held;
  let got = 0;
  let validator = null;
  /** @type {AbortController | undefined} */
  let running;

  function show(state) {
    progress.value = (got / expected.size) * 100;
    progress.textContent = `${Math.floor(progress.value)} %`;
    readout.textContent = `${sizeOf(got)} of ${sizeOf(expected.size)} (${progress.value.toFixed(1)} %). ${state}`;
  }

  function buttons() {
    const done = got === expected.size;
    start.disabled = running !== undefined || done;
    pause.disabled = running === undefined;
    reset.disabled = running !== undefined || got === 0;
    start.textContent = got > 0 && !done ? 'Resume' : 'Download';
  }

  function conclude(good, title, ...rest) {
    verdict.className = `verdict ${good ? 'good' : 'bad'}`;
    verdict.replaceChildren(el('strong', null, title), ...rest);
    verdict.hidden = false;
  }

  /** One line group per request: what was asked, what was answered, what came of it. */
  function leg(headers) {
    const pre = el('pre', null, `GET ${FILE.pathname} HTTP/1.1\n`);
    pre.tabIndex = 0;
    for (const [name, value] of Object.entries(headers)) {
      pre.append(el('span', 'key', `${name}: `), el('span', 'hot', value), '\n');
    }
    const name = `Request ${legs.childElementCount + 1}`;
    pre.setAttribute('role', 'region');
    pre.setAttribute('aria-label', name);
    const title = el('p', 'wire-title', name);
    legs.append(el('li', 'wire', title, pre));
    return (response) => {
      pre.append(
        '\nHTTP/1.1 ',
        el('span', 'hot', `${response.status} ${response.statusText}`),
        '\n',
      );
      for (const name of ['content-range', 'content-length', 'etag', 'last-modified']) {
        const value = response.headers.get(name);
        if (value !== null) pre.append(el('span', 'key', `${fieldName(name)}: `), value, '\n');
      }
    };
  }

  /** Where the content of this response belongs in the file. */
  function place(response) {
    if (response.status === 200) return 0;
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
    if (response.status !== 206 || range === null) {
      throw new Error(`the server answered ${response.status} ${response.statusText}`);
    }
    if (Number(range[1]) !== got || Number(range[2]) !== expected.size) {
      throw new Error(`the server sent another range: ${range[0]}`);
    }
    return got;
  }

  async function run() {
    const controller = new AbortController();
    const { signal } = controller;
    running = controller;
    verdict.hidden = true;
    buttons();
    show('Waiting for the answer.');

    const headers = {};
    if (got > 0) headers.Range = `bytes=${got}-`;
    if (got > 0 && validator !== null) headers['If-Range'] = validator;
    const answered = leg(headers);
    try {
      const response = await fetch(FILE, { headers, signal, cache: 'no-store' });
      answered(response);
      const at = place(response);
      if (at === 0 && got > 0) verdictRestart();
      got = at;
      validator = strongValidator(response.headers);
      if (canDigest) held ??= new Uint8Array(expected.size);

      const since = performance.now();
      let taken = 0;
      let shownAt = 0;
      const reader = response.body.getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done || signal.aborted) break;
        if (got + value.length > expected.size) {
          throw new Error(`more came than the ${grouped(expected.size)} octets expected`);
        }
        held?.set(value, got);
        got += value.length;
        taken += value.length;
        const now = performance.now();
        if (now - shownAt > 80) {
          shownAt = now;
          show(`${sizeOf((taken / Math.max(1, now - since)) * 1000)} a second.`);
        }
        await holdBack(taken, Number(rate.value), since, signal);
      }
      if (got === expected.size) await finish();
      else show(`Paused. The next request asks for octet ${grouped(got)} and on.`);
    } catch (error) {
      if (signal.aborted) show(`Paused. The next request asks for octet ${grouped(got)} and on.`);
      else {
        show('Broken off.');
        const reason = error instanceof Error ? error.message : String(error);
        conclude(false, 'The download broke off', `${reason}. “Resume” asks for the rest.`);
      }
    } finally {
      running = undefined;
      buttons();
    }
  }

  function verdictRestart() {
    conclude(false, 'The whole file came', 'It is not the same file as before; starting at 0.');
  }

  async function finish() {
    const requests = legs.childElementCount;
    const inRequests = requests === 1 ? 'one request' : `${requests} requests`;
    show(`Complete, in ${inRequests}.`);
    if (held === undefined) {
      conclude(
        true,
        `All ${grouped(expected.size)} octets came, in ${inRequests}`,
        'Browsers compute digests only on localhost or over https. To check a copy, compare sha256sum with ',
        el('code', null, expected.sha256),
      );
      return;
    }
    const digest = hexOf(await crypto.subtle.digest('SHA-256', held));
    held = undefined;
    const same = digest === expected.sha256;
    conclude(
      same,
      same ? `Same SHA-256, put together from ${inRequests}` : 'The SHA-256 differs',
      'Here: ',
      el('code', null, digest),
      el('br', null),
      'Manifest: ',
      el('code', null, expected.sha256),
    );
  }

  start.addEventListener('click', run);
  pause.addEventListener('click', () => running?.abort());
  reset.addEventListener('click', () => {
    held = undefined;
    got = 0;
    validator = null;
    legs.replaceChildren();
    verdict.hidden = true;
    show('Nothing downloaded yet.');
    buttons();
  });
  tool.disabled = false;
  show('Nothing downloaded yet.');
  buttons();
}
