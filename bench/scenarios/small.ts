/** Many small requests: what a request costs. */
import { seeded } from '../support/pattern.js';
import { type Scenario, wholeFile } from './scenario.js';

const KIB = 1024;
const MANY = 10_000;
const SEED = 4711;

export const SMALL: readonly Scenario[] = [
  {
    id: '1k',
    title: '1 KiB',
    client: 'rate',
    connections: 100,
    requests: (corpus) => [wholeFile(corpus, '1k.bin', KIB)],
  },
  {
    id: '20k',
    title: '20 KiB',
    client: 'rate',
    connections: 100,
    requests: (corpus) => [wholeFile(corpus, '20k.bin', 20 * KIB)],
  },
  {
    id: '304',
    title: '1 KiB, not modified',
    client: 'rate',
    connections: 100,
    revalidate: true,
    requests: (corpus) => [wholeFile(corpus, '1k.bin', KIB)],
  },
  {
    id: '404',
    title: 'a file that is not there',
    client: 'rate',
    connections: 100,
    requests: () => [{ path: '/absent.bin', status: 404 }],
  },
  {
    id: 'connections',
    title: '1 KiB, a connection per request',
    client: 'rate',
    connections: 100,
    close: true,
    requests: (corpus) => [
      { ...wholeFile(corpus, '1k.bin', KIB), fields: { Connection: 'close' } },
    ],
  },
  {
    id: 'pipelined',
    title: '1 KiB, 10 requests at a time on each connection',
    client: 'rate',
    connections: 100,
    pipelining: 10,
    requests: (corpus) => [wholeFile(corpus, '1k.bin', KIB)],
  },
  {
    id: 'many',
    title: '10,000 files of 8 to 16 KiB, 120 MB in all, at random',
    client: 'rate',
    connections: 100,
    requests(corpus) {
      const random = seeded(SEED);
      return Array.from({ length: MANY }, (_, i) => {
        const size = 8 * KIB + (random() % (8 * KIB));
        // A folder has a hundred; each file begins elsewhere in the pattern: none passes for another.
        return wholeFile(corpus, `many/${i % 100}/${i}.bin`, size, random() % (KIB * KIB));
      });
    },
  },
];
