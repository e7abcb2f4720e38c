/** A page as browsers load it, and its second visit. */
import type { Corpus } from '../support/corpus.js';
import { type Scenario, wholeFile } from './scenario.js';

const KIB = 1024;

/** Octets of the parts: many small, few large, as pages have them. */
const PARTS: readonly { name: string; count: number; least: number; most: number }[] = [
  { name: 'script.js', count: 22, least: 2 * KIB, most: 180 * KIB },
  { name: 'style.css', count: 8, least: KIB, most: 60 * KIB },
  { name: 'image.jpg', count: 20, least: 4 * KIB, most: 350 * KIB },
];

export const PAGE: Scenario = {
  id: 'page',
  title: 'a page of 51 files over 6 connections, then again with validators; p50, p99: of a visit',
  client: 'visits',
  connections: 6,
  requests(corpus: Corpus) {
    const page = [wholeFile(corpus, 'page/index.html', 30 * KIB)];
    page[0] = { ...page[0], path: '/page/' } as (typeof page)[0];
    for (const { name, count, least, most } of PARTS) {
      for (let i = 0; i < count; i++) {
        // Geometric from the least to the most.
        const size = Math.round(least * (most / least) ** (i / (count - 1)));
        page.push(wholeFile(corpus, `page/${i}-${name}`, size, i * 997));
      }
    }
    return page;
  },
};
