/**
 * Where in the addresses of an application its files begin: what frameworks take off the front of an address
 * before they ask a part of the application. Knows no files.
 */

/** A request's target as the files see it, and what is in front of it. */
export interface Mount {
  /** The request-target without the mount point. */
  readonly target: string;
  /** What was taken off: a path without a slash at its end, or nothing. */
  readonly base: string;
  /** Whether the address was the mount point itself, without a slash: links on its page would go astray. */
  readonly isBare: boolean;
}

/** The places where Node's servers, Connect and Express put the address. */
export interface Addressed {
  readonly url?: string | undefined;
  /** The address as it came, where a framework has changed `url`. */
  readonly originalUrl?: string | undefined;
}

/** The mount of a request that Connect or Express has taken the mount point off, or nobody has. */
export function mountOf(addressed: Addressed): Mount {
  const url = originForm(addressed.url ?? '/');
  const originalUrl = originForm(addressed.originalUrl ?? url);
  if (originalUrl === url) return { target: url, base: '', isBare: false };
  const [path, whole] = [pathOf(url), pathOf(originalUrl)];
  // What is left of the mount point itself is made a slash by both.
  if (path === '/' && !whole.endsWith('/')) return { target: url, base: safe(whole), isBare: true };
  const base = whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : '';
  return { target: url, base: safe(base), isBare: false };
}

/**
 * The mount of a request to a framework that leaves the address as it is.
 * @param prefix the mount point; of one with parameters only the number of segments counts
 */
export function mountBelow(prefix: string, address: string): Mount {
  const url = originForm(address);
  const depth = prefix.replace(/\/+$/, '').split('/').length - 1;
  const path = pathOf(url);
  let end = 0;
  for (let i = 0; i < depth && end !== -1; i++) end = path.indexOf('/', end + 1);
  const isBare = end === -1;
  if (isBare) end = path.length;
  return {
    target: `${isBare ? '/' : ''}${url.slice(end)}`,
    base: safe(path.slice(0, end)),
    isBare,
  };
}

/**
 * Without the authority of an absolute form (RFC 9112 §3.2.2): which host is asked is nothing that a mount
 * point, or a Location on the same host, depends on.
 */
function originForm(url: string): string {
  const rest = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return rest === url || rest.startsWith('/') ? rest : `/${rest}`;
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/**
 * It goes into Location: with two slashes, or a backslash, at its start it would name another host, and
 * browsers leave out control characters before they look.
 */
function safe(base: string): string {
  const path = base.replace(/^[/\\]+/, '/').replace(/[/\\]+$/, '');
  return path.replace(/[^\x21-\x7e]|\\/g, encodeURIComponent);
}
