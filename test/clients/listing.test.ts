/** A listing in a real browser: sorting, filter, keyboard, odd names, and a policy that holds. */
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { launch, openPage, skipBrowser, type Watched } from '../helpers/browser.js';
import { start } from '../helpers/process.js';

/** Names that would do something, or lead elsewhere, if they were anything but text. */
const ODD = [
  '<script>document.title="hacked"<⁄script>',
  '<img src=x onerror=document.title="hacked">',
  '"><svg onload=document.title="hacked">',
  "' onmouseover='document.title=1",
  '&lt;b&gt;',
  '100%25',
  'a#b',
  'a?sort=size',
  'a & b',
  'new\nline',
  'bell\x07',
  'evil\u202egpj.txt',
  '😀 日本語 עברית',
  ' two  blanks ',
  '@evil.example',
  '%2F..',
];

function site(t: Test): string {
  const root = t.testdir({ folder: { inner: { 'deep.txt': 'deep' } }, odd: {} });
  for (const [name, size, day] of [
    ['file2.txt', 10, 3],
    ['file10.txt', 3000, 1],
    ['Readme.md', 200, 2],
  ] as const) {
    fs.writeFileSync(path.join(root, name), 'x'.repeat(size));
    const seconds = Date.UTC(2020, 0, day, 12) / 1000;
    fs.utimesSync(path.join(root, name), seconds, seconds);
  }
  for (const name of ODD) fs.writeFileSync(path.join(root, 'odd', `${name}.txt`), `of ${name}`);
  return root;
}

/** A page in one place on earth, that tells nobody where its reader comes from. */
async function open(
  t: Test,
  browser: Browser,
  port: number,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Watched> {
  const place = { locale: 'en-GB', timezoneId: 'Asia/Tokyo', ...options };
  const watched = await openPage(t, browser, `http://127.0.0.1:${port}`, place);
  watched.page.on('request', (request) => {
    if (request.headers().referer !== undefined) watched.complaints.push('a referrer');
  });
  return watched;
}

/** The names that are shown, in order. */
const shown = (page: Page): Promise<string[]> =>
  page.locator('tbody tr:not(.up):visible td:first-child').allTextContents();

const focused = (page: Page): Promise<string> =>
  page.evaluate('(document.activeElement.ariaLabel || document.activeElement.textContent).trim()');

t.test('chromium', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = site(t);
  const { port } = await start(t, root);
  const browser = await launch(t);

  await t.test('sorting by links, and times as the reader has them', async (t) => {
    const { page, complaints } = await open(t, browser, port);
    await page.goto('/');
    const folders = ['folder/', 'odd/'];
    t.same(await shown(page), [...folders, 'file2.txt', 'file10.txt', 'Readme.md']);
    for (const [column, state, expected] of [
      ['Size', 'descending', ['file10.txt', 'Readme.md', 'file2.txt']],
      ['Size', 'ascending', ['file2.txt', 'Readme.md', 'file10.txt']],
      ['Modified', 'descending', ['file2.txt', 'Readme.md', 'file10.txt']],
      ['Modified', 'ascending', ['file10.txt', 'Readme.md', 'file2.txt']],
      ['Name', 'ascending', ['file2.txt', 'file10.txt', 'Readme.md']],
      ['Name', 'descending', ['Readme.md', 'file10.txt', 'file2.txt']],
    ] as const) {
      await page.getByRole('columnheader', { name: column }).getByRole('link').click();
      await page.waitForURL(/sort=/);
      const head = page.locator(`th[aria-sort=${state}]`, { hasText: column });
      await head.waitFor();
      t.same((await shown(page)).slice(2), expected, `${column} ${state}`);
    }
    const time = page.locator('tr', { hasText: 'file10.txt' }).locator('time');
    t.equal(await time.textContent(), '1 Jan 2020, 21:00', 'in Tokyo');
    t.equal(await page.locator('th', { hasText: 'UTC' }).count(), 0);
    t.same(complaints, []);
  });

  await t.test('the filter', async (t) => {
    const { page, complaints } = await open(t, browser, port);
    await page.goto('/');
    const box = page.getByRole('searchbox', { name: 'Filter by name' });
    await box.fill('TXT file');
    t.same(await shown(page), ['file2.txt', 'file10.txt']);
    t.equal(await page.getByRole('status').textContent(), '2 of 5 shown');
    await box.fill('.*');
    t.same(await shown(page), [], 'words, not patterns');
    t.ok(await page.getByText('No name here matches.').isVisible());
    await box.press('Escape');
    t.equal((await shown(page)).length, 5);
    t.equal(await page.getByRole('status').textContent(), '');
    await box.press('Enter');
    t.equal(new URL(page.url()).pathname, '/', 'nothing is chosen');
    await box.fill('file1');
    const { width, height } = (await box.boundingBox()) ?? { width: 0, height: 0 };
    await box.click({ position: { x: width - 22, y: height / 2 } });
    t.equal(await box.inputValue(), '', 'the cross');
    t.equal((await shown(page)).length, 5);
    await box.fill('readme');
    await box.press('Enter');
    await page.waitForURL('**/Readme.md');
    await page.goBack();
    const kept = await box.inputValue();
    t.equal((await shown(page)).length, kept === '' ? 5 : 1, 'as the box says');
    t.same(complaints, []);
  });

  await t.test('by keyboard alone', async (t) => {
    const { page, complaints } = await open(t, browser, port);
    await page.goto('/folder/');
    const order: string[] = [];
    for (let times = 0; times < 7; times++) {
      await page.keyboard.press('Tab');
      order.push(await focused(page));
    }
    t.same(order, [
      'Home',
      'Filter by name',
      'Name',
      'Size',
      'Modified',
      'Parent folder',
      'inner/',
    ]);
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    t.equal(outline, 'solid', 'the focus is seen');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/folder/inner/');
    await page.keyboard.press('ArrowDown');
    t.equal(await focused(page), 'Parent folder');
    await page.keyboard.press('ArrowDown');
    t.equal(await focused(page), 'deep.txt');
    await page.keyboard.press('ArrowDown');
    t.equal(await focused(page), 'deep.txt', 'the last one');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    t.equal(await focused(page), 'Filter by name');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('/');
    t.equal(await focused(page), 'Filter by name');
    await page.keyboard.type('deep/');
    t.equal(await page.getByRole('searchbox').inputValue(), 'deep/', 'a slash is typed there');
    await page.goto('/');
    await page.keyboard.press('/');
    await page.keyboard.type('file1');
    await page.keyboard.press('ArrowDown');
    t.equal(await focused(page), 'file10.txt', 'past what is hidden');
    t.same(complaints, []);
  });

  await t.test('every odd name is text, and leads to its file', async (t) => {
    const { page, complaints } = await open(t, browser, port);
    await page.goto('/odd/');
    t.equal(await page.title(), 'odd/');
    const links = page.locator('tbody tr:not(.up) a');
    const count = await links.count();
    t.equal(count, ODD.length);
    t.equal(await page.locator('td script, td img, td svg, td b').count(), 0);
    const contents: string[] = [];
    for (let index = 0; index < count; index++) {
      await links.nth(index).click();
      await page.waitForURL((url) => url.pathname !== '/odd/');
      const at = new URL(page.url());
      t.equal(
        `${at.host}${at.search}${at.hash}`,
        `127.0.0.1:${port}`,
        encodeURIComponent(at.pathname),
      );
      // A browser shows a file with line ends and controls as they are.
      contents.push((await (await page.request.get(page.url())).text()).slice('of '.length));
      await page.goto('/odd/');
    }
    t.same(contents.sort(), [...ODD].sort());
    t.match(await page.locator('tbody').innerText(), 'evilU+202Egpj.txt');
    t.match(await page.locator('tbody').innerText(), 'new\\nline');
    t.same(complaints, []);
  });

  await t.test('without script', async (t) => {
    const { page, complaints } = await open(t, browser, port, { javaScriptEnabled: false });
    await page.goto('/folder/');
    t.notOk(await page.getByRole('searchbox').isVisible());
    t.match(await page.locator('th').allTextContents(), ['Name', 'Size', 'Modified (UTC)']);
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByRole('link', { name: 'Size' }).click();
    t.same((await shown(page)).slice(2), ['file10.txt', 'Readme.md', 'file2.txt']);
    t.match(await page.locator('tbody').innerText(), '2020-01-01 12:00');
    t.same(complaints, []);
  });

  await t.test('what is not ours does not run', async (t) => {
    const { page, complaints } = await open(t, browser, port);
    await page.goto('/odd/');
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'document.title = "hacked"';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<p style="color:red">');
    }`);
    t.equal(await page.title(), 'odd/');
    // The tests above would see it, too.
    for (const kind of ['script', 'style']) {
      t.ok(
        complaints.some((text) => text.includes(`Content Security Policy directive '${kind}-src`)),
      );
    }
  });
});
