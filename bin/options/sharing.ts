/** With whom files are shared, and what clients are told about that. */
import type { Option } from './option.js';

const SHARING = 'Sharing:';

export const SHARING_OPTIONS: readonly Option[] = [
  {
    name: 'cors',
    alias: 'C',
    kind: 'text',
    value: 'ORIGIN',
    group: SHARING,
    text: 'scripts of all origins may read the files, or of those named: --cors=https://a.example',
    alone: '*',
    repeatable: true,
  },
  {
    name: 'auth',
    alias: 'a',
    kind: 'text',
    value: 'NAME:PASSWORD',
    group: SHARING,
    text: 'user to let in; better from SLUICE_AUTH: others see the command line',
    repeatable: true,
    secret: true,
  },
  {
    name: 'auth-file',
    kind: 'text',
    value: 'FILE',
    group: SHARING,
    text: 'file with names and bcrypt hashes, as htpasswd -B writes it',
  },
  {
    name: 'allow-host',
    kind: 'text',
    value: 'NAME',
    group: SHARING,
    text: 'name of this server, or *.NAME; requests for names beside these and localhost are refused',
    repeatable: true,
  },
  {
    name: 'header',
    kind: 'text',
    value: "'NAME: VALUE'",
    group: SHARING,
    text: "field of every answer, such as 'X-Robots-Tag: noindex'",
    repeatable: true,
  },
  {
    name: 'secure',
    kind: 'flag',
    group: SHARING,
    text: 'fields that keep other sites from framing and embedding the files, and the like',
  },
];
