/**
 * Basic authentication (RFC 7617): lets requests through that name a user and the password, and asks the
 * others for them. Knows the field, not the users.
 */
import { BusyError } from '../auth/bcrypt-checks.js';
import { CONTROL, GuessError, type UserOptions, Users } from '../auth/users.js';
import { errorResponse } from '../http/error-response.js';
import { Fields } from '../http/fields.js';
import type { RequestHead } from '../http/head.js';
import { prefersHtml } from '../http/media-ranges.js';
import type { Response } from '../http/response.js';
import type { PageFor } from './error-pages.js';
import type { Answer, ExchangeContext, Layer } from './handler.js';

/** Who may see the site. */
export interface AuthOptions extends UserOptions {
  /** What browsers may show when they ask for the password. `Files`. */
  readonly realm?: string;
}

/* credentials = "Basic" 1*SP token68                                     RFC 7617 §2, RFC 9110 §11.4 */
const CREDENTIALS = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Printable ASCII without the two characters that a quoted string would have to escape. */
const REALM = /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/**
 * Lets only users through.
 * @param page what the others are shown; without it a line of text
 * @throws Error with a message for people when there are no users, or they can't be read
 */
export function authLayer(
  { realm = 'Files', ...options }: AuthOptions,
  page: PageFor = (_request, _context, response) => response,
): Layer {
  if (!REALM.test(realm)) {
    throw new TypeError('realm takes 1 to 100 characters of ASCII, no quotes and no backslashes');
  }
  const users = new Users(options);
  // RFC 7617 §2.1: names and passwords are sent as UTF-8.
  const challenge = ['WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`];
  // Made once, as they are given to whoever has not been asked yet: each first request of a browser.
  const asHtml = errorResponse(401, new Fields(['Accept', 'text/html']), challenge);
  const asText = errorResponse(401, undefined, challenge);
  const refuse = (request: RequestHead, context: ExchangeContext): Answer =>
    page(request, context, prefersHtml(request.fields) ? asHtml : asText);
  return (next) => (request, context) => {
    const given = credentials(request.fields.get('authorization'));
    if (given === undefined) return refuse(request, context);
    const judge = (isUser: boolean): Answer => {
      if (!isUser) return refuse(request, context);
      context.user = given[0];
      return next(request, context);
    };
    let checked: boolean | Promise<boolean>;
    try {
      checked = users.check(...given, context.remote);
    } catch (error) {
      return later(error, request);
    }
    if (typeof checked === 'boolean') return judge(checked);
    return checked.then(judge, (error) => later(error, request));
  };
}

/** What is said to those whose password was not looked at. */
function later(error: unknown, { fields }: RequestHead): Response {
  if (error instanceof BusyError) return errorResponse(503, fields, ['Retry-After', '1']);
  if (!(error instanceof GuessError)) throw error;
  return errorResponse(429, fields, ['Retry-After', `${Math.ceil(error.wait / 1000)}`]);
}

/** What an Authorization field names; `undefined`: nobody. */
function credentials(field: string | undefined): [name: string, password: string] | undefined {
  const token = CREDENTIALS.exec(field ?? '')?.[1];
  if (token === undefined) return undefined;
  let text: string;
  try {
    text = UTF8.decode(Buffer.from(token, 'base64'));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  if (colon === -1 || CONTROL.test(text)) return undefined;
  return [text.slice(0, colon), text.slice(colon + 1)];
}
