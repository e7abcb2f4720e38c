/** Pages get the script, as responses. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import { type Response, type StreamedBody, streamedBody } from '../../lib/http/response.js';
import { fieldOf, Injection, marked, unmarked } from '../../lib/reload/injection.js';

const TEXT = '<script></script>';
const PAGE = '<!doctype html><html><head><title>x</title></head><body>ü</body></html>';
const CHANGED = PAGE.replace('<head>', `<head>${TEXT}`);
const HTML = ['Content-Type', 'text/html; charset=utf-8', 'ETag', '"a"', 'Accept-Ranges', 'bytes'];
const injection = new Injection(TEXT);

function inMemory(page: string | Buffer, fields: readonly string[] = HTML): Response {
  const message = MessageBuffer.of(Buffer.from(page as string));
  return { status: 200, fields, body: message.content, message };
}

/** Streamed in pieces of `size`; `said` is the length it claims. */
function streaming(page: Buffer, size: number, said: number | undefined = page.length) {
  const closed = { count: 0 };
  const pieces = Array.from({ length: Math.ceil(page.length / size) }, (_, index) =>
    page.subarray(index * size, (index + 1) * size),
  );
  const response: Response = {
    status: 200,
    fields: HTML,
    body: {
      length: said,
      pieces: undefined,
      read: () => Readable.from(pieces, { objectMode: false }),
      close: () => {
        closed.count++;
      },
    },
  };
  return { response, closed };
}

function streamedText(response: Response): Promise<Buffer> {
  return buffer(streamedBody(response)?.read() as Readable);
}

t.test('a page in memory is changed once', async (t) => {
  const page = inMemory(PAGE);
  const changed = injection.into(page);
  t.equal(String(changed.body), CHANGED);
  t.equal(String(page.body), PAGE, 'the file is as it was');
  t.equal(injection.into(page), changed, 'one response stays one');
  t.equal(changed.message?.content, changed.body, 'with room for a head');
  t.equal(fieldOf(changed, 'etag'), '"a+reload"');
  t.equal(fieldOf(changed, 'accept-ranges'), 'none');
});

t.test('a streamed page, wherever its chunks begin', async (t) => {
  for (let size = 1; size <= PAGE.length + 2; size++) {
    const { response } = streaming(Buffer.from(PAGE), size);
    const changed = injection.into(response);
    t.equal(streamedBody(changed)?.length, undefined, 'chunked');
    t.equal(String(await streamedText(changed)), CHANGED, `chunks of ${size}`);
  }
  const { response, closed } = streaming(Buffer.from(PAGE), 10);
  streamedBody(injection.into(response))?.close();
  t.equal(closed.count, 1);
});

t.test('where no place is found in what is looked at, it comes last', async (t) => {
  const page = Buffer.from(`<!--${'x'.repeat(70_000)}--><head></head>${'y'.repeat(100_000)}`);
  const expected = page + TEXT;
  t.ok(String(injection.into(inMemory(page)).body) === expected);
  for (const size of [1000, 65_536, 200_000]) {
    const { response } = streaming(page, size);
    t.ok(String(await streamedText(injection.into(response))) === expected, `chunks of ${size}`);
  }
});

t.test('empty pages, and pages of which the beginning ends early', async (t) => {
  for (const page of ['', ' ', '<', '<!--']) {
    t.equal(String(injection.into(inMemory(page)).body).replace(TEXT, ''), page);
    const { response } = streaming(Buffer.from(page), 1);
    const text = String(await streamedText(injection.into(response)));
    t.equal(text, String(injection.into(inMemory(page)).body));
    t.match(text, TEXT);
  }
});

t.test('UTF-16 is left as it is', async (t) => {
  const page = Buffer.from(`\ufeff${PAGE}`, 'utf16le');
  t.ok(page.equals(injection.into(inMemory(page)).body as Buffer));
  t.ok(page.equals(await streamedText(injection.into(streaming(page, 7).response))));
});

t.test('a page that became shorter is no whole page', async (t) => {
  const { response } = streaming(Buffer.from(PAGE), 10, PAGE.length + 20);
  await t.rejects(streamedText(injection.into(response)), {
    message: 'the resource became shorter',
  });
});

t.test('a source that fails is told', async (t) => {
  const { response } = streaming(Buffer.from(PAGE), 10);
  const failing: Response = {
    ...response,
    body: {
      ...(streamedBody(response) as StreamedBody),
      read: () =>
        new Readable({
          read() {
            this.destroy(new Error('disk'));
          },
        }),
    },
  };
  await t.rejects(streamedText(injection.into(failing)), { message: 'disk' });
});

t.test('what is no whole page is left alone', async (t) => {
  const { response } = streaming(Buffer.from(PAGE), 10);
  const body = streamedBody(response) as StreamedBody;
  for (const other of [
    inMemory(PAGE, ['Content-Type', 'text/css']),
    inMemory(PAGE, ['Content-Type', 'text/htmlx']),
    inMemory(PAGE, ['Content-Type', 'application/xhtml+xml']),
    inMemory(PAGE, []),
    inMemory(PAGE, [...HTML, 'Content-Encoding', 'br']),
    { ...inMemory(PAGE), status: 404 },
    { ...inMemory(PAGE), status: 206 },
    { status: 200, fields: HTML, body: undefined },
    { status: 304, fields: HTML, body: undefined },
    { ...response, body: { ...body, pieces: [Buffer.from('x')] } },
  ]) {
    t.equal(injection.into(other), other);
  }
  for (const type of ['text/html', 'TEXT/HTML;charset=x', 'text/html ; a=b']) {
    t.equal(String(injection.into(inMemory(PAGE, ['content-type', type])).body), CHANGED, type);
  }
});

t.test('entity tags', async (t) => {
  for (const [plain, changed] of [
    ['"a"', '"a+reload"'],
    ['W/"a"', 'W/"a+reload"'],
    ['""', '"+reload"'],
  ] as const) {
    t.equal(marked(plain), changed);
    t.equal(unmarked(changed), plain);
  }
  t.equal(unmarked('W/"a+reload", "b", "c+reload"'), 'W/"a", "b", "c"');
  t.equal(marked('malformed'), 'malformed');
});
