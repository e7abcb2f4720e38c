/** For those who write what is served. */
import type { Option } from './option.js';

const DEVELOPMENT = 'Development:';

export const DEVELOPMENT_OPTIONS: readonly Option[] = [
  {
    name: 'watch',
    kind: 'flag',
    group: DEVELOPMENT,
    text: 'pages reload when files change, style sheets without; then neither --max-age nor compression, and one process',
  },
];
