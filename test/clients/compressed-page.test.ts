/** Compression as a browser sees it: what it asks for, what crosses the network, what it reads, and when again. */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { answerTo, launch, openPage, skipBrowser } from '../helpers/browser.js';
import { until } from '../helpers/client.js';
import { age, pattern } from '../helpers/files.js';
import { type Serving, start } from '../helpers/process.js';

/** Where this Node can compress with zstd, it goes first. */
const PREFERRED = 'createZstdCompress' in zlib ? 'zstd' : 'br';

const SHEET = Array.from({ length: 400 }, (_, index) => `.c${index} { color: rgb(1, 2, 3) }`);
/** Too large to be read whole: compressed as it is sent. */
const LINES = Array.from({ length: 300_000 }, (_, index) => `line ${index}\n`).join('');

function site(t: Test): string {
  const root = t.testdir({
    'index.html': `<!doctype html><title>before</title><link rel="icon" href="data:,"><link rel="stylesheet" href="a.css">
<p class="c399">text</p><script src="a.js"></script><!--${'filled '.repeat(400)}-->`,
    'a.css': SHEET.join('\n'),
    'a.js': `document.title = 'ran';${'/* filled */'.repeat(400)}`,
    'large.txt': LINES,
    'random.bin': pattern(50_000),
    'small.txt': 'small',
  });
  for (const name of fs.readdirSync(root)) age(path.join(root, name));
  return root;
}

interface Timing {
  readonly transferSize: number;
  readonly encodedBodySize: number;
  readonly decodedBodySize: number;
}

/** What the browser measured of the page and its parts: octets on the network, and after decoding. */
async function timings(page: Page): Promise<Map<string, Timing>> {
  const entries = await page.evaluate<(Timing & { name: string })[]>(
    `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
      .map((entry) => entry.toJSON())`,
  );
  return new Map(entries.map((entry) => [new URL(entry.name).pathname, entry]));
}

/** Only this coding is asked for, whatever the browser knows. */
const accept = (page: Page, coding: string): Promise<void> =>
  page.setExtraHTTPHeaders({ 'Accept-Encoding': coding });

/** The first two statuses that are logged for a target. */
async function logged({ command }: Serving, target: string): Promise<unknown[]> {
  const all = () => command.events.filter((each) => each.target === target);
  await until(() => all().length >= 2, 10_000, `${target} is logged twice`);
  return all().map(({ status }) => status);
}

t.test('compression', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = site(t);
  const { port } = await start(t, root);
  const origin = `http://127.0.0.1:${port}`;
  const browser = await launch(t);

  for (const coding of [undefined, 'br', 'gzip'] as const) {
    await t.test(coding ?? 'as the browser asks', async (t) => {
      const { page, got, complaints } = await openPage(t, browser, origin);
      if (coding !== undefined) await accept(page, coding);
      await page.goto('/');
      t.equal(await page.title(), 'ran');
      t.equal(
        await page.evaluate('getComputedStyle(document.querySelector("p")).color'),
        'rgb(1, 2, 3)',
        'the last line of the sheet',
      );
      const same =
        await page.evaluate<boolean>(`fetch('/large.txt').then((response) => response.text())
        .then((text) => text === Array.from({ length: 300_000 }, (_, index) => 'line ' + index + '\\n').join(''))`);
      t.ok(same, 'every line of what is compressed as it is sent');
      await page.evaluate(`Promise.all(['/random.bin', '/small.txt'].map((name) =>
        fetch(name).then((response) => response.arrayBuffer())))`);
      const measured = await timings(page);
      for (const name of ['/', '/a.css', '/a.js', '/large.txt']) {
        const { fields } = answerTo(got, name);
        t.equal(fields['content-encoding'], coding ?? PREFERRED, name);
        t.equal(fields.vary, 'Accept-Encoding');
        const { transferSize, encodedBodySize, decodedBodySize } = measured.get(name) as Timing;
        const file = name === '/' ? 'index.html' : name.slice(1);
        t.equal(decodedBodySize, fs.statSync(path.join(root, file)).size);
        t.ok(
          encodedBodySize < decodedBodySize / 2 && transferSize < decodedBodySize / 2,
          `${transferSize} octets for ${decodedBodySize}`,
        );
      }
      for (const name of ['/random.bin', '/small.txt']) {
        t.equal(answerTo(got, name).fields['content-encoding'], undefined, name);
        const { encodedBodySize, decodedBodySize } = measured.get(name) as Timing;
        t.equal(encodedBodySize, decodedBodySize);
      }
      t.same(complaints, []);
    });
  }

  await t.test('one coding after the other, with one cache', async (t) => {
    const { page, got, complaints } = await openPage(t, browser, origin);
    const tags = new Set<string | undefined>();
    for (const coding of ['br', 'gzip', 'br'] as const) {
      await accept(page, coding);
      await page.goto('/');
      t.equal(await page.title(), 'ran', coding);
      tags.add(got.findLast(({ target }) => target === '/a.js')?.fields.etag);
    }
    t.equal(tags.size, 2, 'each has a tag of its own');
    t.same(complaints, []);
  });
});

t.test('a reload', { skip: skipBrowser }, async (t) => {
  const browser = await launch(t);

  await t.test('what has not changed is not sent again', async (t) => {
    const serving = await start(t, site(t), ['--log-format', 'json']);
    const { page, complaints } = await openPage(t, browser, `http://127.0.0.1:${serving.port}`);
    await page.goto('/');
    await page.reload();
    t.equal(await page.title(), 'ran');
    const measured = await timings(page);
    for (const name of ['/', '/a.css', '/a.js']) {
      // The browser shows a page the answer that it has kept; only the log tells of the 304.
      t.same(await logged(serving, name), [200, 304], name);
      const { transferSize = Number.NaN } = measured.get(name) ?? {};
      t.ok(transferSize < 400, `${transferSize} octets`);
    }
    t.same(complaints, []);
  });

  await t.test('what has changed is, and at once', async (t) => {
    const root = site(t);
    const serving = await start(t, root, ['--log-format', 'json']);
    const { page, complaints } = await openPage(t, browser, `http://127.0.0.1:${serving.port}`);
    await page.goto('/');
    const sheet = SHEET.join('\n').replaceAll('rgb(1, 2, 3)', 'rgb(3, 2, 1)');
    fs.writeFileSync(path.join(root, 'a.css'), sheet);
    await page.reload();
    t.equal(
      await page.evaluate('getComputedStyle(document.querySelector("p")).color'),
      'rgb(3, 2, 1)',
      'as long as before, and another one',
    );
    t.same(await logged(serving, '/a.css'), [200, 200]);
    t.same(await logged(serving, '/a.js'), [200, 304]);
    t.same(complaints, []);
  });
});

t.test('--precompressed', { skip: skipBrowser }, async (t) => {
  const root = site(t);
  // Not what the original says, so that it shows which one was sent.
  const sheet = Buffer.from(SHEET.join('\n').replaceAll('rgb(1, 2, 3)', 'rgb(7, 8, 9)'));
  fs.writeFileSync(path.join(root, 'a.css.br'), zlib.brotliCompressSync(sheet));
  fs.writeFileSync(path.join(root, 'a.css.gz'), zlib.gzipSync(sheet));
  const { port } = await start(t, root, ['--precompressed']);
  const browser = await launch(t);
  for (const coding of ['br', 'gzip'] as const) {
    const { page, got, complaints } = await openPage(t, browser, `http://127.0.0.1:${port}`);
    await accept(page, coding);
    await page.goto('/');
    t.equal(
      await page.evaluate('getComputedStyle(document.querySelector("p")).color'),
      'rgb(7, 8, 9)',
    );
    const { fields } = answerTo(got, '/a.css');
    t.equal(fields['content-encoding'], coding);
    t.match(fields['content-type'], 'text/css');
    t.same(complaints, []);
  }
});

t.test('-u', { skip: skipBrowser }, async (t) => {
  const { port } = await start(t, site(t), ['-u']);
  const { page, got, complaints } = await openPage(t, await launch(t), `http://127.0.0.1:${port}`);
  await page.goto('/');
  t.equal(await page.title(), 'ran');
  t.ok(got.length >= 3 && got.every(({ fields }) => fields['content-encoding'] === undefined));
  const { encodedBodySize, decodedBodySize } = (await timings(page)).get('/a.css') as Timing;
  t.equal(encodedBodySize, decodedBodySize);
  t.same(complaints, []);
});
