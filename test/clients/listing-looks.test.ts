/** How a listing looks in a real browser: themes, contrast, room for fingers, names that stay in their place. */
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { launch, openPage, skipBrowser } from '../helpers/browser.js';
import { start } from '../helpers/process.js';

const PHONE = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};
const DESKTOP = { viewport: { width: 1280, height: 800 } };
/** The narrowest that has to do without scrolling sideways (WCAG 2.2, 1.4.10). */
const NARROW = { viewport: { width: 320, height: 600 } };

const LONG = [
  'a'.repeat(200),
  'a-name-of-many-words-'.repeat(11),
  `${'many words '.repeat(20)}.txt`,
];
/** Marks above and below, piled up higher than a row. */
const PILED = `a${'\u0301'.repeat(60)}b${'\u0323'.repeat(60)}`;

function site(t: Test): string {
  const root = t.testdir({ empty: {}, many: {}, long: {}, piled: { above: '', under: '' } });
  for (const name of LONG) fs.writeFileSync(path.join(root, 'long', name), name);
  const deep = LONG.slice(0, 2).map((name) => name.slice(0, 150));
  fs.mkdirSync(path.join(root, 'long', ...deep), { recursive: true });
  fs.writeFileSync(path.join(root, 'piled', `between ${PILED}`), '');
  fs.mkdirSync(path.join(root, PILED));
  for (let index = 0; index < 300; index++) {
    fs.writeFileSync(path.join(root, 'many', `file ${index}.txt`), '');
  }
  fs.writeFileSync(path.join(root, 'line\nend'), '');
  return root;
}

/** Of every text that is seen, the ratio of contrast to what is behind it (WCAG 2.2, 1.4.3), worst first. */
const contrasts = (page: Page): Promise<[ratio: number, text: string][]> =>
  page.evaluate(`(() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = (color) => {
      const [red, green, blue] = numbers(color).map((each) => {
        const part = each / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      const color = getComputedStyle(element).backgroundColor;
      const isClear = (numbers(color)[3] ?? 1) === 0;
      return isClear && element.parentElement ? behind(element.parentElement) : color;
    };
    const ratio = (color, element) => {
      const [more, less] = [luminance(color), luminance(behind(element))].sort((a, b) => b - a);
      return (more + 0.05) / (less + 0.05);
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const element = walk.currentNode.parentElement;
      const text = walk.currentNode.data.trim();
      if (text !== '' && element.checkVisibility() && element.localName !== 'script') {
        found.push([ratio(getComputedStyle(element).color, element), text]);
      }
    }
    const box = document.querySelector('input');
    found.push([ratio(getComputedStyle(box, '::placeholder').color, box), 'placeholder']);
    return found.sort((a, b) => a[0] - b[0]);
  })()`);

/** The links and boxes on which less than so many pixels can be hit, around the middle. */
const smallTargets = (page: Page, least: number): Promise<string[]> =>
  page.evaluate(`[...document.querySelectorAll('a, input')].filter((each) => {
    if (!each.checkVisibility()) return false;
    each.scrollIntoView({ block: 'center' });
    const { x, y, width, height } = each.getClientRects()[0];
    const hits = (across, down) => {
      const hit = document.elementFromPoint(x + width / 2 + across, y + height / 2 + down);
      return hit !== null && each.contains(hit);
    };
    const half = ${least} / 2 - 0.5;
    return ![[0, 0], [0, -half], [0, half]].every((at) => hits(...at));
  }).map((each) => each.textContent || each.type)`);

t.test('a listing', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const { port } = await start(t, site(t));
  const browser: Browser = await launch(t);
  const open = (t: Test, options: BrowserContextOptions) =>
    openPage(t, browser, `http://127.0.0.1:${port}`, options);
  const deep = `/long/${LONG.slice(0, 2)
    .map((name) => name.slice(0, 150))
    .join('/')}/`;
  const targets = ['/', '/long/', deep, '/many/', '/empty/', '/piled/'];

  for (const [name, device] of Object.entries({ PHONE, DESKTOP, NARROW })) {
    await t.test(`nothing sticks out: ${name}`, async (t) => {
      const { page, complaints } = await open(t, device);
      for (const target of targets) {
        await page.goto(target);
        t.equal(
          await page.evaluate('document.documentElement.scrollWidth'),
          device.viewport.width,
          target.slice(0, 20),
        );
      }
      t.same(complaints, []);
    });
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    await t.test(`${colorScheme}: every text can be read`, async (t) => {
      const { page } = await open(t, { ...DESKTOP, colorScheme });
      await page.goto('/');
      const isDark = await page.evaluate(
        'getComputedStyle(document.documentElement).backgroundColor.match(/[0-9]+/)[0] < 128',
      );
      t.equal(isDark, colorScheme === 'dark');
      const row = page.getByRole('link', { name: 'many' });
      for (const act of [() => {}, () => row.hover(), () => row.focus()]) {
        await act();
        const found = await contrasts(page);
        t.ok(found.length > 15, `${found.length} texts`);
        t.ok((found[0]?.[0] ?? 0) >= 4.5, `at least ${found[0]}`);
      }
    });
  }

  await t.test('room for fingers', async (t) => {
    const { page } = await open(t, PHONE);
    for (const target of ['/', '/long/', '/empty/', '/many/']) {
      await page.goto(target);
      t.same(await smallTargets(page, 32), [], target);
    }
    await page.goto('/many/');
    const row = await page.getByRole('row').nth(3).boundingBox();
    await page.touchscreen.tap((row?.x ?? 0) + (row?.width ?? 0) - 5, (row?.y ?? 0) + 5);
    await page.waitForURL(/\/many\/file/);
    t.pass('a row is a link in its whole width');
  });

  await t.test('marks that are piled up stay in their row', async (t) => {
    for (const device of [PHONE, DESKTOP]) {
      const { page } = await open(t, device);
      await page.goto('/piled/');
      const look = async (): Promise<Buffer[]> => {
        const pictures: Buffer[] = [];
        for (const name of ['above', 'under']) {
          const box = await page.locator('tr', { hasText: name }).boundingBox();
          const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
          // Without the pixels that two rows share where they end in the middle of one.
          const clip = { x, y: Math.ceil(y) + 1, width, height: Math.floor(height) - 3 };
          pictures.push(await page.screenshot({ clip }));
        }
        return pictures;
      };
      const before = await look();
      await page.evaluate(
        "document.querySelectorAll('tbody bdi')[2].style.setProperty('visibility', 'hidden')",
      );
      const after = await look();
      t.ok(before.every((each, index) => each.equals(after[index] as Buffer)));
    }
  });

  await t.test('columns and rows stay where they are from folder to folder', async (t) => {
    const { page } = await open(t, { ...DESKTOP, locale: 'en-GB' });
    const places = new Set<string>();
    for (const target of ['/', '/many/', '/empty/']) {
      await page.goto(target);
      places.add(
        await page.evaluate(`[...document.querySelectorAll('th')]
          .map((each) => each.getBoundingClientRect()).map(({ x, y }) => Math.round(x) + ' ' + Math.round(y)).join()`),
      );
    }
    t.equal(places.size, 1, [...places].join(' | '));
  });

  await t.test('with a few colors of the system', async (t) => {
    const { page } = await open(t, { ...DESKTOP, forcedColors: 'active', colorScheme: 'dark' });
    await page.goto('/');
    const colors = await page.evaluate<
      string[]
    >(`[...document.querySelectorAll('td a')].map((each) =>
      getComputedStyle(each, '::before').backgroundColor)`);
    t.ok(colors.length > 3 && colors.every((color) => color !== 'rgb(0, 0, 0)'), 'icons are seen');
  });
});
