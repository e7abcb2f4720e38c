/** From the start of the process to its first answer. */
import type { Scenario } from './scenario.js';

export const START: Scenario = {
  id: 'start',
  title: 'start to ready',
  client: 'start',
  connections: 1,
  requests: () => [],
};
