/**
 * Every option of the command, in the order of the help: the one table that makes the help, checks the
 * values and names them. A new option is a row in one of these files and its place in ../settings.ts.
 */
import { DECODING_OPTIONS } from './decoding.js';
import { DEVELOPMENT_OPTIONS } from './development.js';
import { LIMIT_OPTIONS } from './limits.js';
import { LISTENING_OPTIONS } from './listening.js';
import { MEMORY_OPTIONS } from './memory.js';
import { MONITORING_OPTIONS } from './monitoring.js';
import type { Option } from './option.js';
import { OUTPUT_OPTIONS, SOURCE_OPTIONS, TERMINAL_OPTIONS } from './output.js';
import { SERVING_OPTIONS } from './serving.js';
import { SHARING_OPTIONS } from './sharing.js';
import { TEACHING_OPTIONS } from './teaching.js';

export const OPTIONS: readonly Option[] = [
  ...SERVING_OPTIONS,
  ...LISTENING_OPTIONS,
  ...SHARING_OPTIONS,
  ...DECODING_OPTIONS,
  ...MEMORY_OPTIONS,
  ...LIMIT_OPTIONS,
  ...OUTPUT_OPTIONS,
  ...TERMINAL_OPTIONS,
  ...SOURCE_OPTIONS,
  ...MONITORING_OPTIONS,
  ...DEVELOPMENT_OPTIONS,
  ...TEACHING_OPTIONS,
];
