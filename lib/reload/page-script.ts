/**
 * What runs in the pages. Of our own address rather than inline, so that a policy which lets a page load
 * its own scripts lets this one too. A hidden page hears nothing and holds no connection: browsers open six to
 * a server, one tab each would soon take them all; when it is shown again it asks what it has missed.
 */
import { EVENTS_PATH, SCRIPT_PATH } from './late.js';

/** What is put into pages; `async`: they don't wait for it. */
export const SCRIPT_TAG: string = `<script src="${SCRIPT_PATH}" async></script>`;

/**
 * The script.
 * @param state what the page has seen, as the event streams say it: it is new when anything has changed
 */
export function scriptOf(state: string): string {
  return SCRIPT.replace('KNOWN', JSON.stringify(JSON.stringify(state)));
}

const SCRIPT = `(() => {
  'use strict';
  // The address of the server that sent this, whatever a <base> says.
  const events = new URL('${EVENTS_PATH}', document.currentScript.src);
  const LONGEST_WAIT = 8000;
  let source;
  let known = KNOWN;
  let wait = 500;
  let timer;

  const connect = () => {
    clearTimeout(timer);
    if (source !== undefined || document.visibilityState === 'hidden') return;
    source = new EventSource(events);
    source.addEventListener('hello', (event) => {
      wait = 500;
      const missed = known !== event.data;
      known = event.data;
      if (missed) location.reload();
    });
    source.addEventListener('change', (event) => {
      known = JSON.stringify(event.lastEventId);
      const paths = JSON.parse(event.data);
      if (paths.length === 0 || !paths.every(swap)) location.reload();
    });
    source.addEventListener('error', () => {
      disconnect();
      timer = setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    });
  };

  const disconnect = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };

  // Exchanges what is at a path without loading the page; false: that can't be done.
  const swap = (path) => {
    if (/\\.css$/i.test(path)) return swapSheets(path);
    if (/\\.(?:avif|gif|ico|jpe?g|png|svg|webp)$/i.test(path)) return swapImages(path);
    return false;
  };

  const isAt = (address, path) => {
    try {
      const { origin, pathname } = new URL(address, document.baseURI);
      return origin === events.origin && decodeURIComponent(pathname) === path;
    } catch {
      return false;
    }
  };

  const fresh = (address) => {
    const url = new URL(address, document.baseURI);
    url.searchParams.set('sluice-reload', String(Date.now()));
    return url.href;
  };

  // The sheets that are about to be replaced, and by which: the old one goes when the new one is there.
  const successors = new Map();
  const swapSheets = (path) => {
    const coming = new Set(successors.values());
    const links = [...document.querySelectorAll('link[rel~="stylesheet" i][href]')].filter(
      (link) => !coming.has(link) && isAt(link.href, path),
    );
    for (const link of links) {
      successors.get(link)?.remove();
      const next = link.cloneNode();
      const settle = (old) => {
        if (successors.get(link) !== next) return;
        successors.delete(link);
        old.remove();
      };
      next.addEventListener('load', () => settle(link));
      next.addEventListener('error', () => settle(next));
      next.href = fresh(link.href);
      successors.set(link, next);
      link.after(next);
    }
    return links.length > 0;
  };

  const swapImages = (path) => {
    const images = [...document.images].filter((image) => isAt(image.src, path));
    if (images.length === 0 || images.some((image) => image.srcset !== '')) return false;
    for (const image of images) image.src = fresh(image.src);
    return true;
  };

  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') disconnect();
    else connect();
  });
  addEventListener('pagehide', disconnect);
  addEventListener('pageshow', connect);
  connect();
})();
`;
