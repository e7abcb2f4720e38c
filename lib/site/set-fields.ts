/**
 * Fields that whoever runs the server wants in its answers. What a field may be is checked once, when the
 * layer is made; of a response only the names are looked at. Knows no field's meaning, but for those that
 * say how a message is framed or what it holds: these are the server's to say.
 */
import { HttpError } from '../http/error.js';
import { failureResponse } from '../http/error-response.js';
import { isFieldValue, isToken, trimBlanks } from '../http/grammar.js';
import type { Response } from '../http/response.js';
import { reportError } from '../observe/channels.js';
import { onceEach } from './added-fields.js';
import { type Handler, type Layer, mapAnswer } from './handler.js';

/** A field line: its name and its value. */
export type FieldLine = readonly [name: string, value: string];

/** What all added field lines may be long together, in octets: clients refuse heads of 8 or 16 KiB. */
export const MOST_ADDED = 4096;

/** Said by the server of each message: by another hand they would frame or describe it wrongly. */
const OURS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'allow',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'last-modified',
  'location',
  'proxy-authenticate',
  'proxy-connection',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
]);

/** Fields whose lines add up to one list: what the server says in one of them is never lost. */
const LISTS: ReadonlySet<string> = new Set(['link', 'set-cookie', 'vary']);

/** Policies of several lines hold all of them: one that a response has already is made stricter. */
const POLICY = 'content-security-policy';

/**
 * The field line that a text such as `X-Robots-Tag: noindex` stands for.
 * @throws TypeError with a message for people when it is none, or one that can't be set
 */
export function parseFieldText(text: string): FieldLine {
  const colon = text.indexOf(':');
  if (colon === -1) {
    throw new TypeError(`the field ${shown(text)} has no colon; write it as Name: value`);
  }
  const line: FieldLine = [text.slice(0, colon), trimBlanks(text.slice(colon + 1))];
  checkFieldLine(line);
  return line;
}

/** @throws TypeError with a message for people when a field can't be set */
function checkFieldLine([name, value]: FieldLine): void {
  if (!isToken(name)) {
    throw new TypeError(
      `${shown(name)} is no name of a field; names are made of letters, digits and hyphens`,
    );
  }
  if (OURS.has(name.toLowerCase())) {
    throw new TypeError(`the field ${name} can't be set: the server says it of each answer`);
  }
  if (value === '') throw new TypeError(`the field ${name} has no value; write it as Name: value`);
  // RFC 9110 §5.5: CR, LF and NUL would begin another line, or end the head.
  if (!isFieldValue(value)) {
    throw new TypeError(
      `the value of the field ${name} has a line break, a control character or one beyond latin1`,
    );
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** How fields are set. */
export interface FieldRules {
  /** These replace what the response has under the same names, except in an error. */
  readonly set?: readonly FieldLine[];
  /** These are added where the response has no such field, and `set` neither; a policy beside another. */
  readonly defaults?: readonly FieldLine[];
}

/** Sets the same fields in every response that it is given; one that is sent many times stays one. */
export class SetFields {
  readonly #set: readonly FieldLine[];
  readonly #defaults: readonly FieldLine[];
  readonly #names: ReadonlySet<string>;
  readonly to: (response: Response) => Response = onceEach((response) => this.#fields(response));

  /** @throws TypeError with a message for people when a field can't be set */
  constructor({ set = [], defaults = [] }: FieldRules) {
    for (const line of set) checkFieldLine(line);
    const names = namesOf(set);
    const size = set.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    if (size > MOST_ADDED) {
      throw new TypeError(`the added fields are ${size} octets long; ${MOST_ADDED} are the most`);
    }
    this.#set = set;
    this.#names = new Set([...names].filter((name) => !LISTS.has(name)));
    this.#defaults = defaults.filter(([name]) => !names.has(name.toLowerCase()));
  }

  #fields({ status, fields: given }: Response): string[] {
    const fields: string[] = [];
    const present = new Set<string>();
    for (let i = 0; i < given.length; i += 2) {
      const name = (given[i] as string).toLowerCase();
      // What an error says of itself holds: it must not be kept for a year because files are.
      if (status < 400 && this.#names.has(name)) continue;
      present.add(name);
      fields.push(given[i] as string, given[i + 1] as string);
    }
    for (const [name, value] of this.#set) {
      if (!(present.has(name.toLowerCase()) && this.#names.has(name.toLowerCase()))) {
        fields.push(name, value);
      }
    }
    for (const [name, value] of this.#defaults) {
      const isAbsent = !present.has(name.toLowerCase());
      if (isAbsent || name.toLowerCase() === POLICY) fields.push(name, value);
    }
    return fields;
  }
}

function namesOf(lines: readonly FieldLine[]): ReadonlySet<string> {
  return new Set(lines.map(([name]) => name.toLowerCase()));
}

/** Sets fields in every answer of the handlers behind it, failures included. */
export function fieldsLayer(rules: FieldRules): Layer {
  const { to } = new SetFields(rules);
  return (next) => {
    const guarded = withFailures(next);
    return (request, context) => mapAnswer(guarded(request, context), to);
  };
}

/**
 * What a handler throws as a response: layers that add to every answer see it too. A defect is told as the
 * server would tell it.
 */
export function withFailures(next: Handler): Handler {
  return (request, context) => {
    const failed = (error: unknown): Response => {
      if (!(error instanceof HttpError)) reportError(error, context.remote);
      return failureResponse(error, request.fields);
    };
    try {
      const answer = next(request, context);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  };
}
