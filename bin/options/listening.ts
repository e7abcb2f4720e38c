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
    text: 'port; 0 takes a free one',
    default: '8080',
  },
  {
    name: 'host',
    variable: 'HOST',
    kind: 'text',
    value: 'ADDRESS',
    group: LISTENING,
    text: 'address to listen on',
    default: '127.0.0.1',
  },
  {
    name: 'listen',
    alias: 'l',
    kind: 'text',
    value: 'PLACE',
    repeatable: true,
    group: LISTENING,
    text: 'PORT, HOST:PORT, tcp://HOST:PORT or unix:/PATH; may be given again',
  },
  {
    name: 'port-switching',
    kind: 'flag',
    group: LISTENING,
    text: 'where no port is named and 8080 is taken, take the next free one',
    default: 'true',
  },
  {
    name: 'tls',
    kind: 'flag',
    group: LISTENING,
    text: 'speak TLS, by a certificate of our own where none is named',
  },
  {
    name: 'tls-cert',
    alias: 'ssl-cert',
    kind: 'text',
    value: 'FILE',
    group: LISTENING,
    text: 'file with the certificate, in PEM; read again on SIGHUP',
  },
  {
    name: 'tls-key',
    alias: 'ssl-key',
    kind: 'text',
    value: 'FILE',
    group: LISTENING,
    text: 'file with its key',
  },
  {
    name: 'tls-pass',
    alias: 'ssl-pass',
    kind: 'text',
    value: 'FILE',
    group: LISTENING,
    text: 'file with the passphrase of the key',
  },
];
