/** Pages over TLS in a real browser: an origin that counts as secure, and what `--secure` has browsers do. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import type { Browser, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { answerTo, launch, openPage, skipBrowser, waitFor } from '../helpers/browser.js';
import { until } from '../helpers/client.js';
import { pattern, sha256 } from '../helpers/files.js';
import { start } from '../helpers/process.js';
import { serve } from '../helpers/server.js';

const PICTURE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="9" height="9"/></svg>';
/** Streamed, as it is too large to be read whole. */
const LARGE = pattern(3_000_001);

function site(t: Test): string {
  return t.testdir({
    'index.html': `<!doctype html><title>page</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css"><script type="module" src="main.js"></script><img src="picture.svg">`,
    'style.css': 'body { color: rgb(1, 2, 3) }',
    'main.js': "import { text } from './part.js'; document.title = text;",
    'part.js': "export const text = 'from a module';",
    'picture.svg': PICTURE,
    'large.bin': LARGE,
    folder: { 'a.txt': 'a', 'b.txt': 'b' },
  });
}

/** The key of a server's certificate, in the form in which Chromium is told to trust it. */
async function keyOf(port: number): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  try {
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
    });
    const key = socket.getPeerX509Certificate()?.publicKey;
    return createHash('sha256')
      .update(key?.export({ type: 'spki', format: 'der' }) ?? '')
      .digest('base64');
  } finally {
    socket.destroy();
  }
}

/** On which connection each answer came, as the browser's own protocol tells it. */
async function connectionsOf(page: Page): Promise<{ id: number; protocol: string }[]> {
  const answers: { id: number; protocol: string }[] = [];
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.responseReceived', ({ response }) => {
    const { connectionId: id, protocol = '', securityDetails } = response;
    answers.push({ id, protocol: `${protocol} ${securityDetails?.protocol}` });
  });
  return answers;
}

const imageWidth = (page: Page, address: string): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve(image.naturalWidth);
    image.onerror = () => resolve(0);
    image.src = ${JSON.stringify(address)};
  })`);

t.test('a page and all of its parts', { skip: skipBrowser }, async (t) => {
  const { port } = await start(t, site(t), ['--tls']);
  // Its certificate is good but for who vouches for it: only that is let pass, not every error.
  const trust = `--ignore-certificate-errors-spki-list=${await keyOf(port)}`;
  const browser = await launch(t, [trust]);

  for (const host of ['localhost', '127.0.0.1']) {
    await t.test(host, async (t) => {
      const { page, got, complaints } = await openPage(t, browser, `https://${host}:${port}`);
      const connections = await connectionsOf(page);
      await page.goto('/', { waitUntil: 'load' });
      t.equal(await page.title(), 'from a module');
      t.same(
        await page.evaluate(`[location.protocol, isSecureContext, document.images[0].naturalWidth,
          getComputedStyle(document.body).color]`),
        ['https:', true, 30, 'rgb(1, 2, 3)'],
      );
      const statuses = got.map(({ target, status }) => `${status} ${target}`).sort();
      t.same(
        statuses,
        ['/', '/main.js', '/part.js', '/picture.svg', '/style.css'].map((each) => `200 ${each}`),
      );
      const hash =
        await page.evaluate(`fetch('/large.bin').then((response) => response.arrayBuffer())
        .then((bytes) => crypto.subtle.digest('SHA-256', bytes))
        .then((hash) => [...new Uint8Array(hash)].map((octet) => octet.toString(16).padStart(2, '0')).join(''))`);
      t.equal(hash, sha256(LARGE), 'every octet');
      for (let index = 0; index < 10; index++) {
        await page.evaluate(`fetch('/part.js?${index}').then((response) => response.text())`);
      }
      t.equal(connections.length, 16);
      const used = new Set(connections.map(({ id }) => id)).size;
      t.ok(used <= 6, `${used} connections, as many as a browser opens at a time`);
      t.same([...new Set(connections.map(({ protocol }) => protocol))], ['http/1.1 TLS 1.3']);
      t.same(complaints, []);
    });
  }
});

t.test('a certificate that nobody vouches for', { skip: skipBrowser }, async (t) => {
  const { command, port } = await start(t, site(t), ['--tls']);
  const browser = await launch(t);
  const strict = await openPage(t, browser, `https://localhost:${port}`);
  await t.rejects(strict.page.goto('/'), /ERR_CERT_AUTHORITY_INVALID/, 'the only thing wrong');
  const lenient = await openPage(t, browser, `https://localhost:${port}`, {
    ignoreHTTPSErrors: true,
  });
  await lenient.page.goto('/folder/');
  t.match(await lenient.page.locator('tbody').innerText(), /a\.txt/);
  t.ok(command.running);
  t.same(lenient.complaints, []);
});

t.test('--secure', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = site(t);
  fs.writeFileSync(
    path.join(root, 'frames.html'),
    '<!doctype html><link rel="icon" href="data:,"><iframe src="/folder/"></iframe>',
  );
  const { port } = await start(t, root, ['--tls', '--secure']);
  const origin = `https://localhost:${port}`;
  const browser = await launch(t);
  const open = (t: Test, at = origin) => openPage(t, browser, at, { ignoreHTTPSErrors: true });

  await t.test('a page, its parts, and a listing work as without', async (t) => {
    const { page, got, complaints } = await open(t);
    await page.goto('/');
    t.equal(await page.title(), 'from a module');
    t.equal(await page.evaluate('getComputedStyle(document.body).color'), 'rgb(1, 2, 3)');
    await page.goto('/folder/');
    await page.getByRole('searchbox').fill('b');
    t.equal(await page.getByRole('status').textContent(), '1 of 2 shown', 'its script runs');
    t.not(
      await page.evaluate('getComputedStyle(document.querySelector("td a")).display'),
      'inline',
      'its style holds',
    );
    await page.goto('/frames.html');
    t.match(await page.frames()[1]?.locator('h1').textContent(), 'folder', 'in a frame of its own');
    t.same(complaints, []);
    for (const { target, fields } of got) {
      t.match(
        fields,
        {
          'x-frame-options': 'SAMEORIGIN',
          'x-content-type-options': 'nosniff',
          'referrer-policy': /^(strict-origin-when-cross-origin|no-referrer)$/,
          'cross-origin-resource-policy': 'same-origin',
          'content-security-policy': /frame-ancestors 'self'/,
        },
        target,
      );
      t.equal(fields['strict-transport-security'], undefined, 'nobody vouches for this one');
    }
  });

  await t.test('other sites neither frame nor embed it', async (t) => {
    const other = t.testdir({
      'index.html': `<!doctype html><link rel="icon" href="data:,"><iframe src="${origin}/"></iframe>`,
    });
    const { port: elsewhere } = await start(t, other, ['--tls']);
    // Another host as well: a port alone makes no other site.
    const { page, complaints } = await open(t, `https://127.0.0.1:${elsewhere}`);
    await page.goto('/');
    await waitFor(
      'the frame shows an error',
      async () => page.frames()[1]?.url() === 'chrome-error://chromewebdata/',
    );
    t.equal(await imageWidth(page, `${origin}/picture.svg`), 0);
    for (const why of [
      `violates the following Content Security Policy directive: "frame-ancestors 'self'"`,
      'ERR_BLOCKED_BY_RESPONSE.NotSameOrigin',
    ]) {
      await until(() => complaints.some((text) => text.includes(why)), 10_000, why);
    }
  });

  await t.test('and do without it', async (t) => {
    const plain = await start(t, root, ['--tls']);
    const other = await start(t, t.testdir({ 'index.html': '<!doctype html>' }), ['--tls']);
    const { page } = await open(t, `https://127.0.0.1:${other.port}`);
    await page.goto('/');
    t.equal(await imageWidth(page, `https://localhost:${plain.port}/picture.svg`), 30);
  });
});

t.test('Strict-Transport-Security', { skip: skipBrowser }, async (t) => {
  const secure = { transport: true };
  const { port } = await serve(t, site(t), { tls: await selfSigned([]), secure });
  const browser: Browser = await launch(t);
  const { page, got, complaints } = await openPage(t, browser, `https://localhost:${port}`, {
    ignoreHTTPSErrors: true,
  });
  await page.goto('/');
  t.equal(await page.title(), 'from a module');
  t.equal(answerTo(got, '/').fields['strict-transport-security'], 'max-age=63072000');
  t.same(complaints, []);
});
