/**
 * Flags of other file servers, and what is said to whoever has them in the fingers: serve, http-server,
 * sirv, miniserve, dufs, Caddy, Python. Loaded only once a mistake was made. What does the same here under
 * the same name stands in the option table.
 */
import { nearest } from '../config/near.js';
import { printable } from '../printable.js';
import type { UnknownOption } from './spelled.js';

const ADDRESS = 'an address is --host ADDRESS';
const LIFETIME = 'how long clients may keep files is --max-age SECONDS';
const BESIDE =
  'files that are compressed beforehand are sent by --precompressed, others compressed anyway';
const TAGS = 'entity tags are always sent';
const FOLDER = 'the folder is named as it is: serve FOLDER';
const HIDDEN = 'names that start with a dot are served by --dotfiles';
const READS = 'files are only read here, never written';
const ARCHIVES = 'folders are not packed into archives here';
const PROXY = 'nothing is fetched from other servers here';
const PAGES = '/about for about.html is --clean-urls';
const CERTIFICATE = 'TLS is --tls, or --tls-cert FILE and --tls-key FILE';
const LISTED = 'folders are listed, or not with --no-listing';
const LINKS = 'links out of the folder are not followed unless --symlinks is given';
const LOGGED = 'requests are logged anyway, as --log-format says';
const FRESH = 'files are never stale, and pages reload with --watch';
const INDEX = 'folders show index.html, or what --index names';
const USER = 'a user is --auth NAME:PASSWORD';
const ROBOTS = "search engines are told by --header 'X-Robots-Tag: noindex'";
const IDLE = 'connections without a request wait for --idle-timeout SECONDS';
const TYPES = 'types go by the ends of names, and fields by path stand in serve.json';

/** By name, without dashes. A letter has what it means to each of them. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['A', READS],
  ['b', `${ADDRESS}; ${BESIDE}`],
  ['B', BESIDE],
  ['d', `${FOLDER}; ${LISTED}; ${HIDDEN}; ${LOGGED}`],
  ['D', FRESH],
  ['e', `${TAGS}; ${PAGES}`],
  ['E', PAGES],
  ['g', BESIDE],
  ['G', BESIDE],
  ['H', `${ADDRESS}; ${HIDDEN}`],
  ['i', `${ADDRESS}; ${INDEX}; files that never change are --immutable`],
  ['I', '--no-listing lists no folders'],
  ['K', CERTIFICATE],
  ['m', `${LIFETIME}; ${TYPES}`],
  ['P', `${PROXY}; the passphrase of a key is --tls-pass FILE; ${LINKS}`],
  ['r', `${ROBOTS}; ${ARCHIVES}`],
  ['t', IDLE],
  ['U', 'times in the file of --log-file are UTC'],
  ['z', ARCHIVES],
  ['address', ADDRESS],
  ['allow-all', READS],
  ['allow-archive', ARCHIVES],
  ['allow-delete', READS],
  ['allow-search', 'listings have a filter'],
  ['allow-symlink', 'links out of the folder are followed by --symlinks'],
  ['allow-upload', READS],
  ['assets', 'listings have one look'],
  ['autoIndex', INDEX],
  ['bind', ADDRESS],
  ['brotli', BESIDE],
  ['browse', LISTED],
  ['cache', LIFETIME],
  ['cert', CERTIFICATE],
  ['cgi', 'no programs are run here'],
  ['compress', 'text is compressed anyway'],
  ['compress-response', 'text is compressed anyway'],
  ['debug', LOGGED],
  ['dev', FRESH],
  ['dir', FOLDER],
  ['directory', FOLDER],
  ['disable-indexing', '--no-listing lists no folders'],
  ['enable-cors', 'scripts of other origins may read the files with --cors'],
  ['enable-tar', ARCHIVES],
  ['enable-tar-gz', ARCHIVES],
  ['enable-zip', ARCHIVES],
  ['etag', TAGS],
  ['ext', PAGES],
  ['extensions', PAGES],
  ['gzip', BESIDE],
  ['hidden', HIDDEN],
  ['http2', 'this is HTTP/1.1; a proxy in front speaks the others'],
  ['interfaces', ADDRESS],
  ['key', CERTIFICATE],
  ['logs', LOGGED],
  ['maxage', LIFETIME],
  ['mimetypes', TYPES],
  ['mkdir', READS],
  ['no-dotfiles', `they are not served anyway: ${HIDDEN}`],
  ['no-etag', `${TAGS}, and cost nothing`],
  ['no-symlinks', LINKS],
  ['overwrite-files', READS],
  ['password', USER],
  ['path-prefix', 'rewrites by path stand in serve.json'],
  ['proxy', PROXY],
  ['proxy-options', PROXY],
  ['qrcode', 'the QR code is shown where the address is on a network'],
  ['render-index', INDEX],
  ['render-spa', 'pages of one application are --single'],
  ['render-try-index', INDEX],
  ['reveal-symlinks', LINKS],
  ['robots', ROBOTS],
  ['root', FOLDER],
  ['route-prefix', 'rewrites by path stand in serve.json'],
  ['show-dotfiles', HIDDEN],
  ['silent', 'errors only is --quiet'],
  ['ssl', CERTIFICATE],
  ['timeout', IDLE],
  ['upload-files', READS],
  ['username', USER],
  ['utc', 'times in the file of --log-file are UTC'],
  ['verbose', LOGGED],
]);

/**
 * What is wrong with an option that does not exist, and what was probably meant.
 * @param command as it is called; other servers are thought of for `serve` alone
 */
export function explainUnknown({ flag, known }: UnknownOption, command: string): string {
  const name = flag.replace(/^--?/, '');
  const elsewhere = command === 'serve' ? ELSEWHERE.get(name) : undefined;
  if (elsewhere !== undefined) return `${flag} is no option: ${elsewhere}`;
  if (name.startsWith('no-') && known.includes(name.slice(3))) {
    return `${flag} is no option; --${name.slice(3)} takes a value`;
  }
  // Of one letter all others are near.
  const names = known.filter((each) => each.length > 1);
  const near = name.length > 1 ? nearest(name, names) : undefined;
  const hint = near === undefined ? `see ${command} --help` : `did you mean --${near}?`;
  return `${printable(flag)} is no option; ${hint}`;
}
