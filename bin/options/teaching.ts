/** To see what other ways of serving cost. */
import { SERVING_MODES } from '../../lib/lab/load-mode.js';
import type { Option } from './option.js';

const TEACHING = 'Teaching:';

export const TEACHING_OPTIONS: readonly Option[] = [
  {
    name: 'mode',
    kind: 'choice',
    choices: SERVING_MODES,
    group: TEACHING,
    text: 'stream, or load each file whole for each client, to see what that costs',
    default: 'stream',
  },
];
