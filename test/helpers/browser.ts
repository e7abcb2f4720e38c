/** A Chromium that is there: tests with a browser are skipped where there is none. `CHROMIUM` names another. */
import fs from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';
import { pause } from './client.js';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why tests with a browser are skipped; `false`: they are not. */
export const skipBrowser: string | false =
  !fs.existsSync(PROGRAM) && `no ${PROGRAM}; CHROMIUM names another`;

/** Starts the browser; closed with the test. */
export async function launch(t: Test, args: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', ...args],
  });
  t.teardown(() => browser.close());
  return browser;
}

/** An answer, as the page got it. */
export interface Got {
  readonly target: string;
  readonly status: number;
  /** Names in lower case. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A page, with all that it got and whatever it had to complain of. */
export interface Watched {
  readonly page: Page;
  /** In the order in which heads came; redirects too. */
  readonly got: Got[];
  /** The console, errors, and requests that failed or went elsewhere. */
  readonly complaints: string[];
}

/** Opens a page, in a context of its own, at a server. */
export async function openPage(
  t: Test,
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const got: Got[] = [];
  const complaints: string[] = [];
  page.on('response', (response) => {
    const { pathname, search } = new URL(response.url());
    const fields = response.headers();
    got.push({ target: `${pathname}${search}`, status: response.status(), fields });
  });
  page.on('console', (message) => {
    // A page that names no icon has the browser look for the site's.
    if (!message.location().url.endsWith('/favicon.ico')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) =>
    complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`),
  );
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (asked !== origin && protocol !== 'data:' && protocol !== 'blob:') {
      complaints.push(`asked: ${request.url()}`);
    }
  });
  return { page, got, complaints };
}

/** The one answer to a target. */
export function answerTo(got: readonly Got[], target: string): Got {
  const [answer, ...more] = got.filter((each) => each.target === target);
  if (answer === undefined || more.length > 0) {
    const all = got.map((each) => `${each.status} ${each.target}`).join(', ');
    throw new Error(`not one answer to ${target}: ${all}`);
  }
  return answer;
}

/** Waits from outside the page: a policy without `unsafe-eval` does not let it wait by itself. */
export async function waitFor(what: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  for (;;) {
    // A page that is being replaced can't be asked.
    if (await condition().catch(() => false)) return;
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await pause(30);
  }
}
