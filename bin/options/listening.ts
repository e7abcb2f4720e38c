/** Where the server listens. */
import type { Option } from './option.js';

const LISTENING = 'Listening:';

export const LISTENING_OPTIONS: readonly Option[] = [
  {
    name: 'port',
    alias: 'p',
    variable: 'PORT',
    kind: 'port',
    group: LISTENING,
    text: 'port; 0 takes a free one (8080, or the next that is free)',
  },
  {
    name: 'host',
    variable: 'HOST',
    kind: 'text',
    group: LISTENING,
    text: 'address to listen on (127.0.0.1)',
  },
  {
    name: 'listen',
    alias: 'l',
    kind: 'text',
    repeatable: true,
    group: LISTENING,
    text: 'PORT, HOST:PORT, tcp://HOST:PORT or unix:/PATH; may be given again',
  },
];
