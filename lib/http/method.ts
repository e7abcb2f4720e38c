/** Request methods (RFC 9110 §9): which are known, and which are safe. Knows no resource. */

/** The methods of RFC 9110 §9.3 and RFC 5789: known, hence 405 rather than 501 where not served. */
const KNOWN: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'TRACE',
  'CONNECT',
]);

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** True when the method is one that RFC 9110 §9.3 or RFC 5789 defines; methods are case-sensitive. */
export function isKnownMethod(method: string): boolean {
  return KNOWN.has(method);
}

/** True when the method is safe (RFC 9110 §9.2.1): it asks for no change of state. */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}
