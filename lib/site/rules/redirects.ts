/** Redirects by rules, before any file is looked for. Knows nothing of what is there. */
import type { RequestHead } from '../../http/head.js';
import { isKnownMethod } from '../../http/method.js';
import type { Response } from '../../http/response.js';
import type { Layer } from '../handler.js';
import { pathOf } from '../path.js';
import { type RedirectStatus, redirect } from '../redirect.js';
import type { Destination } from './destination.js';
import type { Pattern } from './pattern.js';

/** A redirect that can be used. */
export interface RedirectRule {
  readonly pattern: Pattern;
  readonly destination: Destination;
  readonly status: RedirectStatus;
}

/** The layer that redirects by the first rule that applies. */
export function redirects(rules: readonly RedirectRule[]): Layer {
  return (next) => (request, context) => find(rules, request) ?? next(request, context);
}

function find(rules: readonly RedirectRule[], request: RequestHead): Response | undefined {
  if (request.method === 'OPTIONS' || !isKnownMethod(request.method)) return undefined;
  const path = pathOf(request.target.path);
  // Refused by who answers it.
  if (path === undefined) return undefined;
  for (const { pattern, destination, status } of rules) {
    const captures = pattern.capture(path);
    if (captures === undefined) continue;
    const location = destination(captures);
    // To itself it would lead for ever.
    if (location.startsWith('/') && pathOf(location.replace(/[?#].*$/s, '')) === path) continue;
    return redirect(request, status, withQuery(location, request.target.query));
  }
  return undefined;
}

/** The query that came goes along, behind that of the rule and before its fragment. */
function withQuery(location: string, query: string): string {
  if (query.length < 2) return location;
  const hash = location.indexOf('#');
  const [target, fragment] =
    hash === -1 ? [location, ''] : [location.slice(0, hash), location.slice(hash)];
  return `${target}${target.includes('?') ? `&${query.slice(1)}` : query}${fragment}`;
}
