/** A site behind a password in a real browser: what it shows without, and that all parts come with it. */
import type { Page } from 'playwright-core';
import t from 'tap';
import { answerTo, launch, openPage, skipBrowser, waitFor } from '../helpers/browser.js';
import { until } from '../helpers/client.js';
import { start } from '../helpers/process.js';

const NAME = 'Ann Müller';
const PASSWORD = 'pä:ss word';

/** What is shown, once that has settled: a page of the browser's own may take the place of ours. */
async function contentOf(page: Page): Promise<string> {
  let content = '';
  await waitFor('a page is shown', async () => {
    await page.waitForLoadState();
    content = await page.content();
    return true;
  });
  return content;
}

t.test('--auth', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = t.testdir({
    'index.html': `<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="a.css">
<h1>secret</h1><script src="a.js"></script>`,
    'a.css': 'h1 { color: rgb(1, 2, 3) }',
    'a.js': "document.title = 'ran'",
    '401.html': '<h1>none of ours</h1>',
    folder: { 'a.txt': 'a' },
  });
  const env = { SLUICE_AUTH: `${NAME}:${PASSWORD}` };
  const { command, port } = await start(t, root, ['--log-format', 'json', '--max-age', '600'], {
    env,
  });
  const origin = `http://127.0.0.1:${port}`;
  const browser = await launch(t);

  await t.test('without a password there is nothing', async (t) => {
    // Asked, a browser without a window gives up.
    const { page, got } = await openPage(t, browser, origin);
    await page.goto('/').catch((error: Error) => t.match(error.message, 'ERR_INVALID_AUTH'));
    t.notMatch(await contentOf(page), /secret|none of ours/);
    t.ok(got.every(({ status }) => status === 401));
    for (const target of ['/', '/a.js', '/none', '/folder/', '/folder']) {
      const answer = await page.request.get(target, { maxRedirects: 0 });
      t.equal(answer.status(), 401, target);
      t.match(answer.headers()['www-authenticate'], /^Basic realm="[^"]*", charset="UTF-8"$/);
      t.notMatch(await answer.text(), /secret|ran/);
    }
  });

  await t.test('with a wrong one neither', async (t) => {
    const httpCredentials = { username: NAME, password: 'pass word' };
    const { page } = await openPage(t, browser, origin, { httpCredentials });
    const answer = await page.goto('/').catch((error: Error) => {
      t.match(error.message, 'ERR_INVALID_AUTH');
      return null;
    });
    t.not(answer?.status(), 200);
    t.notMatch(await contentOf(page), 'secret');
  });

  await t.test(
    'with the right one the page and its parts, a listing, and what scripts ask for',
    async (t) => {
      const httpCredentials = { username: NAME, password: PASSWORD };
      const { page, got, complaints } = await openPage(t, browser, origin, { httpCredentials });
      const answer = await page.goto('/');
      t.equal(answer?.status(), 200);
      t.equal(await page.title(), 'ran');
      t.equal(
        await page.evaluate('getComputedStyle(document.querySelector("h1")).color'),
        'rgb(1, 2, 3)',
      );
      t.equal(
        await page.evaluate(`fetch('/folder/a.txt').then((response) => response.text())`),
        'a',
      );
      t.equal(answerTo(got, '/folder/a.txt').fields['cache-control'], 'private, max-age=600');
      await page.goto('/folder/');
      t.match(await page.locator('tbody').innerText(), 'a.txt');
      t.same(complaints, []);
      const isLogged = () =>
        command.events.some(({ target, user }) => target === '/folder/' && user === NAME);
      await until(isLogged, 10_000, 'the log names who it was');
      t.notMatch(command.stdout + command.stderr, 'ss word');
    },
  );
});
