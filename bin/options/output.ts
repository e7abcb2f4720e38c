/** What the command prints. */
import type { Option } from './option.js';

const OUTPUT = 'Output:';

export const OUTPUT_OPTIONS: readonly Option[] = [
  { name: 'json', kind: 'flag', group: OUTPUT, text: 'one line of JSON per event on stdout' },
];
