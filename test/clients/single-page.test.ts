/** Applications and pages by their addresses, in a real browser: deep links, reloads, history, what is missing. */
import fs from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { answerTo, launch, openPage, skipBrowser, type Watched } from '../helpers/browser.js';
import { start } from '../helpers/process.js';

const ICON = '<link rel="icon" href="data:,">';

/** An application that shows the view of its address, and goes from view to view by itself. */
const APPLICATION = {
  'index.html': `<!doctype html>${ICON}<title>app</title><link rel="stylesheet" href="/app.css">
<nav><a href="/users/7">seven</a> <a href="/about">about</a></nav><h1></h1><script src="/app.js"></script>`,
  'app.css': 'h1 { color: rgb(1, 2, 3) }',
  'app.js': `
    window.loads = Number(sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1);
    const show = () => { document.querySelector('h1').textContent = 'view of ' + location.pathname; };
    addEventListener('popstate', show);
    document.querySelector('nav').addEventListener('click', (event) => {
      event.preventDefault();
      history.pushState(null, '', event.target.href);
      show();
    });
    show();`,
  'real.html': `<!doctype html>${ICON}<h1>real</h1>`,
  data: { 'one.json': '{"one":1}' },
};

const heading = (page: Page): Promise<string | null> => page.locator('h1').textContent();

/** What the browser's own fetch makes of an address. */
const fetched = (
  page: Page,
  target: string,
): Promise<{ status: number; type: string; text: string }> =>
  page.evaluate(`fetch('${target}').then(async (response) => ({
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  }))`);

/** The statuses of a target, in order. */
const statuses = ({ got }: Watched, target: string): number[] =>
  got.filter((each) => each.target === target).map(({ status }) => status);

t.test('--single', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = t.testdir(APPLICATION);
  const { port } = await start(t, root, ['-s']);
  const browser = await launch(t);
  const open = (t: Test) => openPage(t, browser, `http://127.0.0.1:${port}`);

  await t.test('a deep link, going about, back, and a reload', async (t) => {
    const watched = await open(t);
    const { page, got, complaints } = watched;
    await page.goto('/users/42?tab=a%20b#part');
    t.equal(await heading(page), 'view of /users/42');
    t.same(answerTo(got, '/users/42?tab=a%20b').status, 200);
    t.match(answerTo(got, '/app.js').fields['content-type'], 'text/javascript');
    t.equal(
      await page.evaluate('getComputedStyle(document.querySelector("h1")).color'),
      'rgb(1, 2, 3)',
    );
    await page.getByRole('link', { name: 'seven' }).click();
    await page.getByRole('link', { name: 'about' }).click();
    t.equal(await heading(page), 'view of /about');
    t.equal(await page.evaluate('loads'), 1, 'by itself');
    t.same([statuses(watched, '/users/7'), statuses(watched, '/about')], [[], []]);
    await page.goBack();
    t.equal(await heading(page), 'view of /users/7');
    t.equal(await page.evaluate('loads'), 1);
    await page.reload();
    t.equal(await page.evaluate('loads'), 2);
    t.equal(await heading(page), 'view of /users/7');
    t.equal(new URL(page.url()).pathname, '/users/7', 'where it was, without a redirect');
    t.same(statuses(watched, '/users/7'), [200]);
    await page.goForward();
    t.equal(await heading(page), 'view of /about');
    t.same(complaints, []);
  });

  await t.test('a new version is there with the next load, unasked', async (t) => {
    const { page, complaints } = await open(t);
    await page.goto('/settings');
    t.equal(await page.title(), 'app');
    const index = path.join(root, 'index.html');
    fs.writeFileSync(index, APPLICATION['index.html'].replace('<title>app', '<title>new'));
    await page.goto('/users/1');
    t.equal(await page.title(), 'new', 'at another address');
    await page.goBack();
    await page.reload();
    t.equal(await page.title(), 'new', 'and at the same');
    t.same(complaints, []);
  });

  await t.test('files come first', async (t) => {
    const { page, complaints } = await open(t);
    await page.goto('/real.html');
    t.equal(await heading(page), 'real');
    await page.goto('/anywhere');
    t.match(await fetched(page, '/data/one.json'), { status: 200, text: '{"one":1}' });
    t.same(complaints, []);
  });

  await t.test('a missing part is an error, and no page', async (t) => {
    const { page, got, complaints } = await open(t);
    await page.goto('/users/1');
    await page.evaluate(`new Promise((resolve) => {
      const script = document.createElement('script');
      script.onload = script.onerror = resolve;
      script.src = '/chunks/old.js';
      document.body.append(script);
    })`);
    t.equal(
      complaints[0],
      'Failed to load resource: the server responded with a status of 404 (Not Found)',
    );
    t.equal(answerTo(got, '/chunks/old.js').status, 404);
    // A module of a name without an extension, too: what it accepts is no page.
    const reason = await page.evaluate(`import('/chunks/other').catch((error) => error.message)`);
    t.match(reason, 'Failed to fetch dynamically imported module');
    t.equal(answerTo(got, '/chunks/other').status, 404);
    for (const target of ['/data/two.json', '/api/users', '/data/two']) {
      const { status, type, text } = await fetched(page, target);
      t.equal(status, 404, target);
      t.notMatch(type, 'html');
      t.notMatch(text, '<');
    }
    t.equal(
      await page.evaluate(`new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve('shown');
        image.onerror = () => resolve('missing');
        image.src = '/images/none.png';
      })`),
      'missing',
    );
  });

  await t.test('a frame and a new window are navigations, too', async (t) => {
    const { page, complaints } = await open(t);
    await page.goto('/users/1');
    const [other] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`window.open('/users/2', '_blank')`),
    ]);
    await other.waitForLoadState();
    t.equal(await heading(other), 'view of /users/2');
    await page.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.onload = resolve;
      frame.src = '/users/3';
      document.body.append(frame);
    })`);
    t.equal(await page.frames()[1]?.locator('h1').textContent(), 'view of /users/3');
    t.same(complaints, []);
  });
});

t.test('addresses of pages', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = t.testdir({
    'index.html': `<!doctype html>${ICON}<h1>home</h1><a href="about.html">about</a>`,
    'about.html': `<!doctype html>${ICON}<h1>about</h1><img src="dot.svg"><a href="docs/">docs</a>`,
    'dot.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
    docs: {
      'index.html': `<!doctype html>${ICON}<h1>docs</h1><a href="guide.html?a=b#c">guide</a>`,
      'guide.html': `<!doctype html>${ICON}<h1>guide</h1><a href="../index.html">home</a>`,
    },
    // By an address of its own for all else: it is shown wherever nothing is.
    '404.html': `<!doctype html>${ICON}<link rel="stylesheet" href="/404.css"><h1>lost</h1>`,
    '404.css': 'h1 { color: rgb(1, 2, 3) }',
  });
  const browser = await launch(t);

  await t.test('--clean-urls leads the browser about', async (t) => {
    const { port } = await start(t, root, ['--clean-urls']);
    const origin = `http://127.0.0.1:${port}`;
    const watched = await openPage(t, browser, origin);
    const { page, complaints } = watched;
    await page.goto('/');
    for (const [name, shown, address] of [
      ['about', 'about', '/about'],
      ['docs', 'docs', '/docs/'],
      ['guide', 'guide', '/docs/guide?a=b#c'],
      ['home', 'home', '/'],
      ['about', 'about', '/about'],
    ] as const) {
      await page.getByRole('link', { name }).click();
      await page.waitForURL(`${origin}${address}`);
      t.equal(await heading(page), shown, address);
    }
    t.equal(await page.evaluate('document.images[0].naturalWidth'), 9, 'what is beside it');
    t.equal(statuses(watched, '/about.html')[0], 301);
    t.same(statuses(watched, '/docs/guide.html?a=b'), [301]);
    await page.goto('/docs');
    t.equal(page.url(), `${origin}/docs/`);
    t.same(complaints, []);
  });

  await t.test('--trailing-slash remove leads to what is relative to the page', async (t) => {
    const { port } = await start(t, root, ['--clean-urls', '--trailing-slash', 'remove']);
    const origin = `http://127.0.0.1:${port}`;
    const { page, complaints } = await openPage(t, browser, origin);
    await page.goto('/about/');
    t.equal(page.url(), `${origin}/about`);
    t.equal(await page.evaluate('document.images[0].naturalWidth'), 9);
    t.same(complaints, []);
  });

  await t.test('404.html is shown, with its status', async (t) => {
    const { port } = await start(t, root);
    const { page, got, complaints } = await openPage(t, browser, `http://127.0.0.1:${port}`);
    const answer = await page.goto('/some/where/deep');
    t.equal(answer?.status(), 404);
    t.equal(await heading(page), 'lost');
    t.equal(
      await page.evaluate('getComputedStyle(document.querySelector("h1")).color'),
      'rgb(1, 2, 3)',
    );
    const { fields } = answerTo(got, '/some/where/deep');
    t.match(fields['content-type'], 'text/html');
    t.equal(fields.etag, undefined, 'no version of a page that is not there');
    const reloaded = await page.reload();
    t.equal(reloaded?.status(), 404, 'not answered from what was kept');
    t.equal((await page.goto('/404.html'))?.status(), 200, 'itself it is a page as any other');
    t.match(await fetched(page, '/none.json'), { status: 404, type: /^text\/plain/ });
    t.equal(complaints.length, 3, 'the browser tells of each');
    t.ok(complaints.every((text) => text.includes('404 (Not Found)')));
  });

  await t.test('without such a page there is one that holds nothing of the address', async (t) => {
    const { port } = await start(t, root, ['--no-error-pages']);
    const { page } = await openPage(t, browser, `http://127.0.0.1:${port}`);
    const answer = await page.goto('/<b>none');
    t.equal(answer?.status(), 404);
    t.match(await heading(page), '404');
    t.equal(await page.locator('b').count(), 0);
    t.notMatch(await page.content(), 'none');
  });
});
