/** Live reload in a real browser. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { serveDirectory } from '../../lib/compose.js';
import { EVENTS_PATH } from '../../lib/reload/late.js';
import type { Server } from '../../lib/server/server.js';
import { launch, skipBrowser, waitFor as wait } from '../helpers/browser.js';
import { pause } from '../helpers/client.js';

/** A policy that lets a page use what is its own, and nothing inline. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'self'">`;
const RED = 'rgb(255, 0, 0)';
const BLUE = 'rgb(0, 0, 255)';
const PIXEL = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="${color}"/></svg>`;

function pageWith(title: string): string {
  const lines = Array.from({ length: 300 }, (_, index) => `<p>${index}</p>`).join('\n');
  return `<!doctype html><html><head>${POLICY}<base href="/sub/"><title>${title}</title>
<link rel="stylesheet" href="/a%20b.css"></head><body><img src="/a.svg">${lines}</body></html>`;
}

/** Loads the page and waits until it hears. */
async function load(page: Page, url: string): Promise<void> {
  const hears = page.waitForResponse((response) => response.url().endsWith('/.sluice/reload'));
  await page.goto(url);
  await hears;
  // The first event comes with the answer's head, or right behind it.
  await pause(200);
}

const color = (page: Page) =>
  page.evaluate('getComputedStyle(document.body).backgroundColor') as Promise<string>;
const mark = (page: Page) => page.evaluate('window.mark = 1');
const isMarked = (page: Page) => page.evaluate('window.mark === 1') as Promise<boolean>;

t.test('in a browser', { skip: skipBrowser }, async (t) => {
  const root = t.testdir({
    'index.html': pageWith('one'),
    'a b.css': `body{background:${RED}}`,
    'a.svg': PIXEL('red'),
  });
  const write = (name: string, text: string) => fs.writeFileSync(path.join(root, name), text);
  const start = async (port: number): Promise<{ server: Server; port: number; url: string }> => {
    const { server } = serveDirectory(root, { watch: true, port });
    return { server, ...(await server.listen()) };
  };
  let { server, port, url } = await start(0);
  t.teardown(() => server.close(0));
  const page = await (await launch(t)).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await load(page, url);
  t.equal(await page.title(), 'one');
  t.equal(await color(page), RED);

  await t.test('a style sheet is exchanged, and the page stays', async (t) => {
    await mark(page);
    write('a b.css', `body{background:${BLUE}}`);
    await wait('it is blue', async () => (await color(page)) === BLUE);
    t.ok(await isMarked(page), 'its variables live on');
    const sheets = () => page.locator('link[rel=stylesheet]').count();
    await wait('the old one is gone', async () => (await sheets()) === 1);
    write('a b.css', `body{background:${RED}}`);
    await wait('it is red again', async () => (await color(page)) === RED);
    await wait('the old one is gone', async () => (await sheets()) === 1);
    t.ok(await isMarked(page));
  });

  await t.test('an image too', async (t) => {
    const address = () => page.locator('img').getAttribute('src');
    write('a.svg', PIXEL('blue'));
    await wait('it has another address', async () =>
      /sluice-reload=/.test((await address()) ?? ''),
    );
    t.ok(await isMarked(page));
  });

  await t.test('a changed page is loaded again, where it was scrolled to', async (t) => {
    await page.evaluate('scrollTo(0, 2000)');
    const before = (await page.evaluate('scrollY')) as number;
    t.ok(before > 1000, `${before}`);
    write('index.html', pageWith('two'));
    await wait('it is there', async () => (await page.title()) === 'two');
    t.notOk(await isMarked(page));
    await wait('it is scrolled', async () => (await page.evaluate('scrollY')) === before);
  });

  await t.test('a sheet that nobody names reloads', async (t) => {
    await page.waitForLoadState();
    await pause(500);
    await mark(page);
    write('imported.css', 'p{}');
    await wait('it is loaded again', async () => !(await isMarked(page)));
    t.equal(await page.title(), 'two');
  });

  await t.test(
    'a hidden page holds no connection, and is up to date when it is shown',
    async (t) => {
      await page.waitForLoadState();
      const streams = () =>
        server.exchanges().filter(({ target }) => target === EVENTS_PATH).length;
      const show = (state: string) =>
        page.evaluate(`
        Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
      await wait('it hears', async () => streams() > 0);
      await mark(page);
      await show('hidden');
      await wait('nothing is under way', async () => streams() === 0);
      await show('visible');
      await wait('it hears again', async () => streams() === 1);
      await pause(200);
      t.ok(await isMarked(page), 'nothing was missed: it stays');
      await show('hidden');
      await wait('nothing is under way', async () => streams() === 0);
      write('index.html', pageWith('meanwhile'));
      await pause(300);
      t.equal(await page.title(), 'two', 'hidden as it is');
      await show('visible');
      await wait('it is up to date', async () => (await page.title()) === 'meanwhile');
    },
  );

  await t.test('after a restart the page comes back, and shows what has changed', async (t) => {
    await page.waitForLoadState();
    await pause(500);
    await server.close(5000);
    write('index.html', pageWith('three'));
    ({ server, port, url } = await start(port));
    await wait('it is there', async () => (await page.title()) === 'three');
    write('index.html', pageWith('four'));
    await wait('it hears again', async () => (await page.title()) === 'four');
    t.pass();
  });

  t.same(complaints, [], 'nothing that the policy refused, no error');
});
