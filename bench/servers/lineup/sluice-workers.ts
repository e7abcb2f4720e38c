/** The command of this package with two workers, for the scenario of that name. */
import type { ServerKind } from '../server.js';
import { sluice } from './sluice.js';

export const sluiceWorkers: ServerKind = {
  ...sluice,
  name: 'sluice-2',
  onlyWhereNamed: true,
  command: (place) => [...sluice.command(place), '--workers', '2'],
};
