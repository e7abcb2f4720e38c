/** Large files: what an octet costs. */
import type { PlannedRequest } from '../clients/plan.js';
import type { Corpus } from '../support/corpus.js';
import { seeded } from '../support/pattern.js';
import { type Scenario, wholeFile } from './scenario.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const CLIENTS = 20;
const RANGE = 64 * KIB;
const RANGES = 4096;
const SEED = 4711;

/** wrk tells what it read of answers that aren't complete, too: long enough for each to have had some. */
const WRK_SECONDS = 4;

function differentFiles(corpus: Corpus): PlannedRequest[] {
  return Array.from({ length: CLIENTS }, (_, i) =>
    wholeFile(corpus, `100m-${i}.bin`, 100 * MIB, i * 1009),
  );
}

export const LARGE: readonly Scenario[] = [
  {
    id: '1m',
    title: '1 MiB',
    client: 'rate',
    connections: CLIENTS,
    transfer: true,
    requests: (corpus) => [wholeFile(corpus, '1m.bin', MIB)],
  },
  {
    id: '100m',
    title: '100 MiB, each client another file',
    client: 'downloads',
    connections: CLIENTS,
    transfer: true,
    requests: differentFiles,
  },
  {
    id: 'shared',
    title: '100 MiB, one file to 20 clients that start together',
    client: 'together',
    connections: CLIENTS,
    transfer: true,
    requests: (corpus) => [wholeFile(corpus, '100m-0.bin', 100 * MIB)],
  },
  {
    id: '100m-wrk',
    title: '100 MiB, another file each time, read 8 KiB at a time',
    client: 'rate',
    generator: 'wrk',
    seconds: WRK_SECONDS,
    connections: CLIENTS,
    transfer: true,
    requests: differentFiles,
  },
  {
    id: 'shared-wrk',
    title: '100 MiB, one file to 20 clients, read 8 KiB at a time',
    client: 'rate',
    generator: 'wrk',
    seconds: WRK_SECONDS,
    connections: CLIENTS,
    transfer: true,
    requests: (corpus) => [wholeFile(corpus, '100m-0.bin', 100 * MIB)],
  },
  {
    id: 'ranges',
    title: '64 KiB at random places of 1 GiB',
    client: 'rate',
    connections: CLIENTS,
    transfer: true,
    requests(corpus) {
      const path = corpus.file('1g.bin', GIB);
      const random = seeded(SEED);
      return Array.from({ length: RANGES }, () => {
        const first = random() % (GIB - RANGE);
        return {
          path,
          fields: { Range: `bytes=${first}-${first + RANGE - 1}` },
          status: 206,
          content: { position: first, length: RANGE },
        };
      });
    },
  },
];
