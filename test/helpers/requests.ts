/** Valid requests for property tests: their octets, and the events that must come of them. */
import fc from 'fast-check';

/** A request that the parser must take. */
export interface ValidRequest {
  readonly bytes: Buffer;
  readonly events: readonly string[];
}

const TCHARS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function textOf(chars: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  const char = fc.constantFrom(...chars);
  return fc.array(char, { minLength, maxLength }).map((all) => all.join(''));
}

const token = textOf(TCHARS, 1, 12);
const vchars = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code))
  .filter((char) => /[\x21-\x7e\x80-\xff]/.test(char))
  .join('');
const value = fc
  .array(textOf(vchars, 1, 8), { maxLength: 4 })
  .chain((words) => fc.constantFrom(' ', '\t', '  ').map((blank) => words.join(blank)));
const blanks = fc.constantFrom('', ' ', '\t', ' \t ');
/** Fields that mean nothing to the parser. */
const field = fc.tuple(
  token.map((name) => `X-${name}`),
  blanks,
  value,
  blanks,
);
const segment = fc.oneof(textOf("ab09-._~!$&'()*+,;=:@[]|^`{}", 0, 6), fc.constant('%C3%a9'));
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const query = fc.oneof(
  fc.constant(''),
  textOf('ab=&/?%[]|^`{}\\', 0, 8).map((text) => `?${text}`),
);
const octets = fc
  .uint8Array({ maxLength: 40 })
  .map((array) => Buffer.from(array).toString('latin1'));
const extension = fc.oneof(
  fc.constant(''),
  token.map((name) => `;${name}`),
  token.map((name) => ` ;\t${name} = "a\\"; b"`),
);
const chunks = fc.array(fc.tuple(octets, extension, fc.boolean()), { maxLength: 4 });
const content = fc.oneof(
  fc.constant({ kind: 'none' as const }),
  octets.map((data) => ({ kind: 'length' as const, data })),
  fc
    .record({ chunks, trailers: fc.array(field, { maxLength: 2 }) })
    .map((rest) => ({ kind: 'chunked' as const, ...rest })),
);

/** A request with or without content, in HTTP/1.1, or in 1.0 where its framing allows. */
export const validRequest: fc.Arbitrary<ValidRequest> = fc
  .record({
    emptyLines: fc.nat(4),
    method: token.filter((name) => name !== 'CONNECT'),
    path,
    query,
    oldVersion: fc.boolean(),
    fields: fc.array(field, { maxLength: 5 }),
    content,
  })
  .map(({ emptyLines, method, path, query, oldVersion, fields, content }) => {
    const minor = oldVersion && content.kind !== 'chunked' ? 0 : 1;
    let lines = fields.map(([name, before, text, after]) => `${name}:${before}${text}${after}`);
    const events = fields.map(([name, , text]) => `field ${name}: ${text}`.trimEnd());
    const add = (line: string) => {
      lines = [line, ...lines];
      events.unshift(`field ${line}`);
    };
    const [framing, body, data] = encoded(content);
    if (framing === 'chunked') add('Transfer-Encoding: chunked');
    if (content.kind === 'length') add(`Content-Length: ${data.length}`);
    add('Host: a.example:80');
    const persistent = minor === 1 ? 'persistent' : 'closing';
    events.unshift(`head ${method} origin ${path}${query} 1.${minor} ${framing} ${persistent}`);
    if (data !== '') events.push(`data ${data}`);
    if (framing !== 'none') events.push('end');
    const head = [`${method} ${path}${query} HTTP/1.${minor}`, ...lines, '', ''].join('\r\n');
    return { bytes: Buffer.from('\r\n'.repeat(emptyLines) + head + body, 'latin1'), events };
  });

type Content = typeof content extends fc.Arbitrary<infer T> ? T : never;

/** The framing as an event says it, the content as it is sent, and its data. */
function encoded(content: Content): [framing: string, body: string, data: string] {
  if (content.kind === 'none') return ['none', '', ''];
  if (content.kind === 'length') {
    const { data } = content;
    return [data === '' ? 'none' : `length=${data.length}`, data, data];
  }
  let body = '';
  const sent = content.chunks.filter(([data]) => data !== '');
  for (const [data, extension, capitals] of sent) {
    const size = data.length.toString(16);
    body += `${capitals ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`;
  }
  const trailers = content.trailers.map(([name, before, text]) => `${name}:${before}${text}\r\n`);
  return ['chunked', `${body}0\r\n${trailers.join('')}\r\n`, sent.map(([data]) => data).join('')];
}
