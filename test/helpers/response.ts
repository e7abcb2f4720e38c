/**
 * A strict reader of HTTP/1.1 responses for tests, written apart from lib/http on purpose: what the
 * server gets wrong must not be read right by the same mistake.
 */

/** One response as it came over the wire. */
export interface WireResponse {
  readonly status: number;
  readonly reason: string;
  /** Field lines in order, names as they came. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The head as text, with its empty line. */
  readonly head: string;
  /** The one value of a field; `undefined` when absent. Throws when it is there twice. */
  get(name: string): string | undefined;
}

const LINE = /^[\x20-\x7e\x80-\xff]*$/;
const STATUS_LINE = /^HTTP\/1\.1 ([1-5][0-9]{2}) ([\x20-\x7e]*)$/;
const FIELD_LINE =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+): ([\x21-\x7e\x80-\xff](?:.*[\x21-\x7e\x80-\xff])?)?$/;
const IMF_FIXDATE =
  /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/;

/**
 * Reads all responses of a connection. Throws for anything that isn't one, for octets left over, and
 * for a body that is cut off.
 * @param methods of the requests, in order; GET where there are more responses than methods
 */
export function parseResponses(bytes: Buffer, methods: readonly string[] = []): WireResponse[] {
  const responses: WireResponse[] = [];
  let at = 0;
  let answered = 0;
  while (at < bytes.length) {
    const method = methods[answered] ?? 'GET';
    const { response, end } = parseResponse(bytes, at, method);
    responses.push(response);
    if (response.status >= 200) answered++;
    at = end;
  }
  return responses;
}

/** Reads the response at `at`; `end` is the octet behind it. */
export function parseResponse(
  bytes: Buffer,
  at = 0,
  method = 'GET',
): { response: WireResponse; end: number } {
  const { response, end: start } = parseHead(bytes, at);
  const { status } = response;
  const length = response.get('content-length');
  const coding = response.get('transfer-encoding');
  if (length !== undefined && coding !== undefined) throw new Error('two framings at once');
  if (status < 200 || status === 204) {
    if (length !== undefined || coding !== undefined)
      throw new Error(`a framed body with ${status}`);
    return { response, end: start };
  }
  if (method === 'HEAD' || status === 304) return { response, end: start };
  if (coding !== undefined) {
    if (coding !== 'chunked') throw new Error(`Transfer-Encoding is ${coding}`);
    const { body, end } = parseChunked(bytes, start);
    return { response: { ...response, body }, end };
  }
  if (length === undefined) {
    if (response.get('connection') !== 'close') throw new Error('no framing, and not closed');
    return { response: { ...response, body: bytes.subarray(start) }, end: bytes.length };
  }
  if (!/^(?:0|[1-9][0-9]*)$/.test(length)) throw new Error(`Content-Length is ${length}`);
  const end = start + Number(length);
  if (end > bytes.length) {
    throw new Error(`body cut off: ${bytes.length - start} of ${length} octets`);
  }
  return { response: { ...response, body: bytes.subarray(start, end) }, end };
}

/** Reads only the head at `at`. */
export function parseHead(bytes: Buffer, at = 0): { response: WireResponse; end: number } {
  const stop = bytes.indexOf('\r\n\r\n', at, 'latin1');
  if (stop === -1) throw new Error(`no complete head in ${JSON.stringify(preview(bytes, at))}`);
  const head = bytes.toString('latin1', at, stop + 4);
  const [statusLine, ...lines] = head.slice(0, -4).split('\r\n') as [string, ...string[]];
  for (const line of [statusLine, ...lines]) {
    if (!LINE.test(line)) throw new Error(`control octet in ${JSON.stringify(line)}`);
  }
  const parts = STATUS_LINE.exec(statusLine);
  if (parts === null) throw new Error(`no status line: ${JSON.stringify(statusLine)}`);
  const fields = lines.map((line) => {
    const field = FIELD_LINE.exec(line);
    if (field === null) throw new Error(`no field line: ${JSON.stringify(line)}`);
    return [field[1] as string, field[2] ?? ''] as const;
  });
  const get = (name: string): string | undefined => {
    const values = fields.filter(([key]) => key.toLowerCase() === name.toLowerCase());
    if (values.length > 1) throw new Error(`${name} is there ${values.length} times`);
    return values[0]?.[1];
  };
  const status = Number(parts[1]);
  if (status >= 200 && !IMF_FIXDATE.test(get('date') ?? '')) throw new Error('no valid Date');
  const response = { status, reason: parts[2] as string, fields, body: Buffer.alloc(0), head, get };
  return { response, end: stop + 4 };
}

function parseChunked(bytes: Buffer, start: number): { body: Buffer; end: number } {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    const line = lineEnd === -1 ? '' : bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(line))
      throw new Error(`no chunk-size: ${JSON.stringify(preview(bytes, at))}`);
    const size = Number.parseInt(line, 16);
    at = lineEnd + 2;
    if (at + size + 2 > bytes.length) throw new Error('chunk cut off');
    parts.push(bytes.subarray(at, at + size));
    at += size;
    if (bytes.toString('latin1', at, at + 2) !== '\r\n') throw new Error('no CRLF behind a chunk');
    at += 2;
    if (size === 0) return { body: Buffer.concat(parts), end: at };
  }
}

function preview(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, Math.min(bytes.length, at + 200));
}

/** One part of a multipart/byteranges body. */
export interface Part {
  readonly type: string;
  readonly first: number;
  readonly last: number;
  readonly size: number;
  readonly bytes: Buffer;
}

/** Takes a multipart/byteranges body apart (RFC 9110 §14.6, RFC 2046 §5.1.1). */
export function parseMultipart(response: WireResponse): Part[] {
  const type = response.get('content-type') ?? '';
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z]{20,70})$/.exec(type)?.[1];
  if (boundary === undefined) throw new Error(`no multipart: ${type}`);
  const { body } = response;
  const parts: Part[] = [];
  let at = 0;
  const take = (text: string): boolean => {
    if (body.toString('latin1', at, at + text.length) !== text) return false;
    at += text.length;
    return true;
  };
  if (!take(`--${boundary}\r\n`)) throw new Error('no first delimiter');
  for (;;) {
    const headEnd = body.indexOf('\r\n\r\n', at, 'latin1');
    const head = body.toString('latin1', at, headEnd);
    const match =
      /^Content-Type: ([^\r\n]+)\r\nContent-Range: bytes ([0-9]+)-([0-9]+)\/([0-9]+)$/.exec(head);
    if (match === null) throw new Error(`no part head: ${JSON.stringify(head)}`);
    const [first, last, size] = match.slice(2).map(Number) as [number, number, number];
    at = headEnd + 4;
    const end = at + last - first + 1;
    parts.push({ type: match[1] as string, first, last, size, bytes: body.subarray(at, end) });
    at = end;
    if (take(`\r\n--${boundary}--\r\n`)) break;
    if (!take(`\r\n--${boundary}\r\n`)) throw new Error('no delimiter behind a part');
  }
  if (at !== body.length) throw new Error('octets behind the last delimiter');
  return parts;
}
