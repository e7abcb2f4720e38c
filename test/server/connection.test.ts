/** The life of a connection, over real sockets: order, half-close, content, expectations, closing. */
import t, { type Test } from 'tap';
import type { Response } from '../../lib/http/response.js';
import { MemoryBody } from '../helpers/bodies.js';
import { converse, Gate, pause, RawClient, requestBytes, until } from '../helpers/client.js';
import { MIB, pattern } from '../helpers/files.js';
import { parseResponses } from '../helpers/response.js';
import { serve, serveHandler } from '../helpers/server.js';

const GET = requestBytes('/a.txt');
const LAST = requestBytes('/b.txt', ['Connection: close']);
const LARGE = pattern(2 * MIB);

function site(t: Test): string {
  return t.testdir({ 'a.txt': 'aaa', 'b.txt': 'bbb', 'large.bin': LARGE });
}

function texts(responses: readonly { body: Buffer }[]): string[] {
  return responses.map(({ body }) => body.toString('latin1'));
}

function statuses(responses: readonly { status: number }[]): number[] {
  return responses.map(({ status }) => status);
}

t.test('kept, pipelined and closed connections', async (t) => {
  const { port } = await serve(t, site(t));
  const HEAD = requestBytes('/a.txt', [], 'HEAD');

  await t.test('several requests in one write are answered in order', async (t) => {
    const large = requestBytes('/large.bin');
    const bytes = GET + large + HEAD + requestBytes('/none') + large + LAST;
    const responses = await converse(port, bytes, ['GET', 'GET', 'HEAD', 'GET', 'GET', 'GET']);
    t.same(statuses(responses), [200, 200, 200, 404, 200, 200]);
    t.equal(responses[0]?.body.toString(), 'aaa');
    t.ok(responses[1]?.body.equals(LARGE));
    t.equal(responses[2]?.body.length, 0);
    t.ok(responses[4]?.body.equals(LARGE));
    t.equal(responses[5]?.body.toString(), 'bbb');
  });

  await t.test('one request after the other on one connection, an octet at a time', async (t) => {
    const client = new RawClient(port);
    for (let count = 1; count <= 3; count++) {
      for (const octet of GET) {
        client.send(octet);
        await new Promise(setImmediate);
      }
      await until(() => client.received.toString('latin1').split('aaa').length === count + 1);
    }
    client.send(LAST);
    t.same(texts(await client.responses()), ['aaa', 'aaa', 'aaa', 'bbb']);
  });

  for (const [name, line, fields, kept] of [
    ['1.1 is kept', 'HTTP/1.1', ['Host: a'], undefined],
    ['1.1 with close', 'HTTP/1.1', ['Host: a', 'Connection: close'], 'close'],
    ['1.1 with CLOSE in a list', 'HTTP/1.1', ['Host: a', 'Connection: x, CLOSE'], 'close'],
    ['1.0 is closed', 'HTTP/1.0', [], 'close'],
    ['1.0 with keep-alive', 'HTTP/1.0', ['Connection: Keep-Alive'], 'keep-alive'],
    ['1.0 with both', 'HTTP/1.0', ['Connection: keep-alive, close'], 'close'],
    ['1.9 is taken as 1.1', 'HTTP/1.9', ['Host: a'], undefined],
  ] as const) {
    await t.test(name, async (t) => {
      const client = new RawClient(port);
      client.send([`GET /a.txt ${line}`, ...fields, '', ''].join('\r\n'));
      const head = await client.head();
      t.equal(head.get('connection'), kept);
      if (kept !== 'close') client.send(LAST);
      t.same(texts(await client.responses()), kept === 'close' ? ['aaa'] : ['aaa', 'bbb']);
    });
  }

  await t.test('nothing behind a request that closes is answered', async (t) => {
    t.same(texts(await converse(port, LAST + GET)), ['bbb']);
  });
});

t.test('half-close', async (t) => {
  const { port } = await serve(t, site(t));
  for (const [name, bytes, expected] of [
    ['one request', GET, [200]],
    ['pipelined requests', GET + requestBytes('/large.bin') + GET, [200, 200, 200]],
    ['a request and part of a head', `${GET}GET /a.txt HT`, [200, 400]],
    ['part of a head', 'GET /a.txt HTTP/1.1\r\nHost: a\r\n', [400]],
    ['part of content', `${requestBytes('/a.txt', ['Content-Length: 5'])}abc`, [400]],
    [
      'part of chunked content',
      `${requestBytes('/a.txt', ['Transfer-Encoding: chunked'])}5\r\nab`,
      [400],
    ],
    [
      'a POST and part of its content',
      `${requestBytes('/', ['Content-Length: 9'], 'POST')}a`,
      [405],
    ],
    ['empty lines', '\r\n\r\n', []],
    ['nothing', '', []],
  ] as const) {
    await t.test(name, async (t) => {
      const client = new RawClient(port, { closeOnEnd: false });
      client.finish(bytes);
      t.same(statuses(await client.responses()), expected);
      await client.gone(1000);
    });
  }

  await t.test('while the handler is still busy', async (t) => {
    const gate = new Gate();
    const { port } = await serveHandler(t, async () => {
      await gate.opened;
      return { status: 200, fields: [], body: Buffer.from('late') };
    });
    const client = new RawClient(port, { closeOnEnd: false });
    client.finish(GET + GET);
    await pause(50);
    gate.open();
    t.same(texts(await client.responses()), ['late', 'late']);
  });
});

t.test('content of a request', async (t) => {
  const { port } = await serve(t, site(t));
  const length = (method: string, text: string): string =>
    requestBytes('/a.txt', [`Content-Length: ${text.length}`], method) + text;
  const chunked = (method: string): string =>
    `${requestBytes('/a.txt', ['Transfer-Encoding: chunked'], method)}3;x=y\r\nGET\r\n9\r\n / HTTP/1\r\n0\r\nT: u\r\n\r\n`;
  for (const [name, bytes, expected] of [
    ['GET with a length', length('GET', 'GET /none HTTP/1.1\r\n\r\n') + LAST, [200, 200]],
    ['GET with chunks', chunked('GET') + LAST, [200, 200]],
    ['OPTIONS with chunks', chunked('OPTIONS') + LAST, [204, 200]],
    ['POST with a length', length('POST', 'GET /none HTTP/1.1\r\n\r\n') + LAST, [405, 200]],
    ['POST with chunks', chunked('POST') + LAST, [405, 200]],
    [
      'PUT, DELETE, PATCH',
      length('PUT', 'x') + length('DELETE', 'x') + length('PATCH', 'x') + LAST,
      [405, 405, 405, 200],
    ],
    ['a POST without content', requestBytes('/', ['Content-Length: 0'], 'POST') + LAST, [405, 200]],
    ['an unknown method with content', length('BREW', 'coffee') + LAST, [501, 200]],
  ] as const) {
    await t.test(`${name} is read to its end`, async (t) => {
      const responses = await converse(port, bytes);
      t.same(statuses(responses), expected);
      for (const { status, get } of responses) {
        t.equal(get('allow'), status === 405 || status === 204 ? 'GET, HEAD, OPTIONS' : undefined);
      }
      const client = new RawClient(port);
      for (const octet of bytes) {
        client.send(octet);
        await new Promise(setImmediate);
      }
      t.same(statuses(await client.responses()), expected, 'an octet at a time');
    });
  }

  await t.test('POST is answered before its content has come, and goes on after it', async (t) => {
    const client = new RawClient(port);
    client.send(requestBytes('/', ['Content-Length: 100000'], 'POST'));
    t.equal((await client.head()).status, 405);
    client.send(pattern(100_000)).send(LAST);
    t.same(statuses(await client.responses()), [405, 200]);
  });

  await t.test('GET waits for its content', async (t) => {
    const client = new RawClient(port);
    client.send(requestBytes('/a.txt', ['Content-Length: 3']));
    await pause(60);
    t.equal(client.length, 0);
    client.send(`abc${LAST}`);
    t.same(statuses(await client.responses()), [200, 200]);
  });
});

t.test('closing after an error lets a client that is still sending read the answer', async (t) => {
  const { port, server } = await serve(t, site(t), {
    limits: { content: 65_536 },
    timeouts: { linger: 2000 },
  });
  const flood = Buffer.alloc(4 * MIB, 'x');
  for (const [name, bytes, expected] of [
    ['400', 'GET /a.txt HTTP/1.1\nHost: a\r\n\r\n', 400],
    ['413, a GET too long', requestBytes('/', ['Content-Length: 9999999']), 413],
    [
      '413, chunks too long',
      `${requestBytes('/', ['Transfer-Encoding: chunked'])}fffffff\r\n`,
      413,
    ],
    ['405, a POST too long', requestBytes('/', ['Content-Length: 9999999'], 'POST'), 405],
    [
      '405, chunks of a POST too long',
      `${requestBytes('/', ['Transfer-Encoding: chunked'], 'POST')}ffffff\r\n`,
      405,
    ],
    ['431, a field too long', 'GET / HTTP/1.1\r\nX: ', 431],
    ['414, a target too long', 'GET /', 414],
    ['501, a method too long', '', 501],
    ['501, a coding unknown', requestBytes('/', ['Transfer-Encoding: gzip, chunked']), 501],
    ['417', requestBytes('/', ['Expect: 200-ok', 'Content-Length: 9999999']), 417],
    ['505', 'GET / HTTP/2.0\r\n', 505],
  ] as const) {
    await t.test(name, async (t) => {
      const client = new RawClient(port, { closeOnEnd: false });
      client.send(bytes);
      for (let at = 0; at < flood.length && !client.closed; at += 65_536) {
        client.send(flood.subarray(at, at + 65_536));
        await new Promise(setImmediate);
      }
      const responses = await client.responses();
      t.same(statuses(responses), [expected]);
      // Chunks tell how long they are only after the answer.
      const closes = name.startsWith('405, chunks') ? undefined : 'close';
      t.equal(responses[0]?.get('connection'), closes);
      t.equal(client.error, undefined, 'no reset');
      client.finish();
      await client.gone(1500);
    });
  }
  await until(() => server.connections === 0);
});

t.test('expectations', async (t) => {
  const { port } = await serve(t, site(t));
  const expecting = (method: string, more: readonly string[] = []): string =>
    requestBytes('/a.txt', ['Expect: 100-continue', 'Content-Length: 3', ...more], method);

  await t.test('GET: 100, then the content, then the answer', async (t) => {
    const client = new RawClient(port);
    client.send(expecting('GET'));
    await client.has(25);
    t.equal(client.received.toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send(`abc${LAST}`);
    t.same(statuses(await client.responses()), [100, 200, 200]);
  });

  await t.test('GET whose content comes at once: no 100', async (t) => {
    t.same(statuses(await converse(port, `${expecting('GET')}abc${LAST}`)), [200, 200]);
  });

  await t.test('POST: 405 without a 100, and closed', async (t) => {
    const [response, ...more] = await converse(port, expecting('POST'));
    t.equal(response?.status, 405);
    t.equal(response?.get('connection'), 'close');
    t.same(more, []);
  });

  await t.test('POST whose content comes at once: 405, and goes on', async (t) => {
    t.same(statuses(await converse(port, `${expecting('POST')}abc${LAST}`)), [405, 200]);
  });

  await t.test('1.0 has no expectations', async (t) => {
    const bytes = 'GET /a.txt HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';
    const client = new RawClient(port);
    client.send(bytes);
    await pause(60);
    t.equal(client.length, 0);
    client.send('abc');
    t.same(statuses(await client.responses()), [200]);
  });

  for (const expectation of ['200-ok', '100-continue, x', '100-continue=1']) {
    await t.test(`${expectation} is refused`, async (t) => {
      t.same(statuses(await converse(port, requestBytes('/', [`Expect: ${expectation}`]))), [417]);
    });
  }
});

t.test('methods and other protocols', async (t) => {
  const { port } = await serve(t, site(t));
  const secret = 'X-Secret: do-not-echo';
  for (const [name, bytes, expected] of [
    ['TRACE', requestBytes('/a.txt', [secret, 'Connection: close'], 'TRACE'), [405]],
    [
      'TRACE with Max-Forwards',
      requestBytes('/', [secret, 'Max-Forwards: 0', 'Connection: close'], 'TRACE'),
      [405],
    ],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\nConnection: close\r\n\r\n', [405]],
    ['CONNECT without a port', 'CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n', [400]],
    ['an unknown one', requestBytes('/', ['Connection: close'], 'BREW'), [501]],
    ['one in lower case', requestBytes('/', ['Connection: close'], 'get'), [501]],
    ['OPTIONS', requestBytes('/a.txt', ['Connection: close'], 'OPTIONS'), [204]],
    ['OPTIONS *', requestBytes('*', ['Connection: close'], 'OPTIONS'), [204]],
    ['GET *', requestBytes('*'), [400]],
    ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', [505]],
    ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', [400]],
    ['HTTP/0.9', 'GET /\r\n', [400]],
    ['noise', '\0\0\0\0\0\0', [400]],
  ] as const) {
    await t.test(name, async (t) => {
      const client = new RawClient(port);
      client.send(bytes);
      t.same(statuses(await client.responses()), expected);
      t.notMatch(client.received.toString('latin1'), 'do-not-echo');
    });
  }
});

t.test('what a handler does wrong', async (t) => {
  const { port } = await serveHandler(t, (head): Response | Promise<Response> => {
    const wrong = (fields: string[]): Response => ({ status: 200, fields, body: Buffer.from('x') });
    switch (head.target.path) {
      case '/throws':
        throw new Error('at /home/somebody/secret.ts');
      case '/rejects':
        return Promise.reject(new Error('at /home/somebody/secret.ts'));
      case '/throws-nothing':
        throw undefined;
      case '/splits':
        return wrong(['X-A', 'b\r\nSet-Cookie: c=d']);
      case '/splits-late':
        return Promise.resolve(wrong(['X-A', 'b\r\nSet-Cookie: c=d']));
      case '/names':
        return wrong(['X A', 'b']);
      case '/nothing':
        return undefined as unknown as Response;
      case '/nothing-late':
        return Promise.resolve(undefined as unknown as Response);
      default:
        return wrong([]);
    }
  });
  const other = await new RawClient(port).connected();
  for (const path of [
    '/throws',
    '/rejects',
    '/throws-nothing',
    '/splits',
    '/splits-late',
    '/names',
    '/nothing',
    '/nothing-late',
  ]) {
    await t.test(path, async (t) => {
      const client = new RawClient(port);
      client.send(requestBytes(path, ['Connection: close']));
      t.same(statuses(await client.responses()), [500]);
      t.notMatch(client.received.toString(), /secret|Set-Cookie/);
      other.send(requestBytes('/fine'));
      const before = other.length;
      await until(() => other.length > before);
    });
  }
  other.finish();
  t.same(statuses(await other.responses()), Array(8).fill(200));
});

t.test('a handler that frames its response itself gets a 500 sent', async (t) => {
  const bodies: MemoryBody[] = [];
  let fields: readonly string[] = [];
  const { port } = await serveHandler(t, (head) => {
    const body = MemoryBody.of(Buffer.from('unsent'), 2);
    if (head.target.path !== '/streamed')
      return { status: 200, fields, body: Buffer.from('unsent') };
    bodies.push(body);
    return { ...body.response, fields };
  });
  for (fields of [
    ['Content-Length', '5'],
    ['transfer-encoding', 'chunked'],
    ['Connection', 'keep-alive'],
    ['Date', 'today'],
    ['Server', 'other'],
    ['ETag', '"a"', 'Vary'],
  ]) {
    for (const path of ['/', '/streamed']) {
      for (const method of ['GET', 'HEAD']) {
        const what = `${method} ${path} ${fields.join(' ')}`;
        const answers = await converse(port, requestBytes(path, [], method), [method]);
        t.same(statuses(answers), [500], what);
        t.equal(answers[0]?.get('connection'), 'close', what);
        t.notMatch(answers[0]?.body.toString(), 'unsent', what);
      }
    }
  }
  t.equal(bodies.length, 12);
  for (const { closed, reads } of bodies) t.same([closed, reads], [1, []], 'closed once, unread');
});

t.test('a handler that throws leaves its connection usable', async (t) => {
  const { port } = await serveHandler(t, (head) => {
    if (head.target.path === '/throws') throw new Error('no');
    return { status: 200, fields: [], body: undefined };
  });
  const responses = await converse(
    port,
    requestBytes('/throws') + requestBytes('/', ['Connection: close']),
  );
  t.same(statuses(responses), [500, 200]);
});

t.test('ten thousand pipelined requests from a client that does not read yet', async (t) => {
  let calls = 0;
  const { port } = await serveHandler(t, (head) => {
    calls++;
    return { status: 200, fields: [], body: Buffer.from(head.target.path.padEnd(1000)) };
  });
  const count = 10_000;
  const client = new RawClient(port, { paused: true });
  const requests = Array.from({ length: count }, (_, index) => requestBytes(`/${index}`));
  client.finish(requests.join(''));
  let seen = -1;
  await until(() => {
    const still = calls === seen;
    seen = calls;
    return still && calls > 0;
  });
  await pause(200);
  t.equal(calls, seen, 'no request is handled while the answers are not taken');
  t.ok(calls < count, `${calls} answered so far`);
  client.resume();
  await client.over();
  const responses = parseResponses(client.received);
  t.equal(responses.length, count);
  t.ok(
    responses.every(({ body }, index) => body.toString().trim() === `/${index}`),
    'in order',
  );
});

t.test('ten thousand pipelined requests while a handler is busy: reading stops', async (t) => {
  const gate = new Gate();
  const { port } = await serveHandler(
    t,
    async () => {
      await gate.opened;
      return { status: 200, fields: [], body: undefined };
    },
    { limits: { pipeline: 16_384 } },
  );
  const client = await new RawClient(port).connected();
  const bytes = Buffer.from(requestBytes('/').repeat(400_000));
  client.send(bytes);
  await pause(300);
  t.ok(
    client.socket.writableLength > 0,
    `${client.socket.writableLength} octets wait at the client`,
  );
  gate.open();
  client.finish();
  t.equal((await client.responses([], 30_000)).length, 400_000);
});

t.test('the client is told about: AbortSignal fires when it resets the connection', async (t) => {
  const aborted: boolean[] = [];
  const late = new Gate();
  const { port, server } = await serveHandler(t, (head, context) => {
    const asked = head.target.path === '/early' ? context.signal : undefined;
    return new Promise((resolve) => {
      asked?.addEventListener('abort', () => {
        aborted.push(true);
        resolve({ status: 200, fields: [], body: undefined });
      });
      late.opened.then(() => aborted.push(context.signal.aborted));
    });
  });
  for (const path of ['/early', '/late']) {
    const client = new RawClient(port);
    client.send(requestBytes(path));
    await until(() => server.exchanges().length === 1);
    client.reset();
    await until(() => server.connections === 0);
  }
  t.same(aborted, [true]);
  late.open();
  await until(() => aborted.length === 3);
  t.same(aborted, [true, true, true], 'asked for afterwards it is aborted already');
});
