/** Two workers beside two, and beside one: whether a second processor is worth having. */
import { type Scenario, wholeFile } from './scenario.js';

export const WORKERS: Scenario = {
  id: 'workers',
  title: '1 KiB, two workers on two processors, and one',
  client: 'rate',
  connections: 100,
  contestants: ['sluice', 'sluice-2', 'nginx-2'],
  reference: 'nginx-2',
  bothProcessors: true,
  requests: (corpus) => [wholeFile(corpus, '1k.bin', 1024)],
};
