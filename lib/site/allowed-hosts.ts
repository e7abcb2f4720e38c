/**
 * Answers for some names only. A page of another site can have its own name lead to this machine (DNS
 * rebinding): its scripts may then read what is served here, as their own site's. The name is in Host, so
 * requests that name a host that is none of ours get nothing. Addresses are no names: no page has one of ours.
 */
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import type { Layer } from './handler.js';

/** More than a site has names; each costs a look-up in a table, and nothing else. */
const MOST_NAMES = 1000;

/** The longest name that DNS has, in octets (RFC 1035 §2.3.4), with a dot at its end. */
const LONGEST_NAME = 254;

/* [ "*." ] label *( "." label ), in lower case, as browsers write it in Host */
const NAME = /^(?:\*\.)?(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;

/** These name the machine that asks, whatever DNS says (RFC 6761 §6.3). */
const ALWAYS: readonly string[] = ['localhost', '*.localhost'];

/* IPv4address; an IPv6 address has brackets                                        RFC 3986 §3.2.2 */
const ADDRESS = /^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$/;

/**
 * Lets requests through that name one of `names`, localhost, an address or nothing; the others get 421
 * (RFC 9110 §7.4).
 * @param names such as `files.example.org`, or `*.example.org` for all names below that one
 * @throws TypeError with a message for people when a name is none
 */
export function allowedHostsLayer(names: readonly string[]): Layer {
  const hosts = new Hosts(names);
  return (next) => (request, context) =>
    hosts.has(hostOf(request)) ? next(request, context) : errorResponse(421, request.fields);
}

/** Whom a request names, without the port (RFC 9110 §7.2: an authority in the target comes before Host). */
function hostOf({ target, fields }: RequestHead): string {
  const host = target.authority ?? fields.get('host') ?? '';
  return host.startsWith('[') ? host : (host.split(':', 1)[0] as string);
}

class Hosts {
  readonly #names: ReadonlySet<string>;
  /** What names may end in, with the dot in front. */
  readonly #ends: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    if (names.length === 0 || names.length > MOST_NAMES) {
      throw new TypeError(
        `allowHosts takes 1 to ${MOST_NAMES} names, and there are ${names.length}`,
      );
    }
    const all = [...ALWAYS, ...names.map(checked)];
    this.#names = new Set(all.filter((name) => !name.startsWith('*')));
    this.#ends = new Set(all.filter((name) => name.startsWith('*')).map((name) => name.slice(1)));
  }

  has(host: string): boolean {
    // No browser leaves it out.
    if (host === '' || host.startsWith('[') || ADDRESS.test(host)) return true;
    if (host.length > LONGEST_NAME) return false;
    const name = plain(host);
    if (this.#names.has(name)) return true;
    for (let dot = name.indexOf('.', 1); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      if (this.#ends.has(name.slice(dot))) return true;
    }
    return false;
  }
}

/** A dot at the end says that a name is whole, as it is without one. */
function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function checked(text: string): string {
  const name = plain(text);
  if (NAME.test(name) && name.length <= LONGEST_NAME) return name;
  throw new TypeError(
    `${JSON.stringify(text.slice(0, 60))} is no name of a host; write it without scheme, port and path, and as ` +
      'browsers send it, such as files.example.org, or *.example.org for all names below',
  );
}
