/** The file serving alone: behind Node's own HTTP server, Express and Fastify, as they are. */
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import express, { type NextFunction, type Request as Req, type Response as Res } from 'express';
import fastify from 'fastify';
import t, { type Test } from 'tap';
import { fastifyFiles, fileListener, nodeListener } from '../../lib/adapters/index.js';
import type { DirectorySiteOptions } from '../../lib/compose.js';
import { HttpError } from '../../lib/http/error.js';
import type { StreamedBody } from '../../lib/http/response.js';
import { errorChannel } from '../../lib/observe/channels.js';
import { converse, pause, RawClient, request, until } from '../helpers/client.js';
import { canCountDescriptors, descriptorsOn } from '../helpers/counts.js';
import { age, pattern } from '../helpers/files.js';

const LARGE = pattern(3_000_000);

function site(t: Test): string {
  const root = t.testdir({
    'a.txt': 'hello',
    'index.html': 'index',
    '.hidden': 'hidden',
    folder: { 'index.html': 'folder' },
  });
  fs.writeFileSync(path.join(root, 'large'), LARGE);
  age(path.join(root, 'large'));
  return root;
}

async function listen(t: Test, server: http.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

type Serve = (t: Test, root: string, options?: DirectorySiteOptions) => Promise<number>;

/** Each serves a folder below /static; what is not found there says so. */
const SERVERS: Readonly<Record<string, Serve>> = {
  async express(t, root, options) {
    const app = express();
    const files = fileListener(root, options);
    t.teardown(() => files.close());
    app.use((_: Req, response: Res, next: NextFunction) => {
      response.setHeader('Vary', 'Cookie');
      next();
    });
    app.use('/static', files);
    app.use((_: Req, response: Res) => {
      response.status(404).send('of the application');
    });
    return listen(t, http.createServer(app));
  },
  async fastify(t, root, options) {
    const app = fastify();
    app.addHook('onRequest', async (_, reply) => {
      reply.header('Vary', 'Cookie');
    });
    app.register(fastifyFiles(root, options), { prefix: '/static' });
    app.setNotFoundHandler((_, reply) => {
      reply.code(404).send('of the application');
    });
    t.teardown(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
    return (app.server.address() as AddressInfo).port;
  },
  async 'node:http'(t, root, options) {
    const files = fileListener(root, options);
    t.teardown(() => files.close());
    const server = http.createServer((request, response) => {
      response.setHeader('Vary', 'Cookie');
      const notFound = (): void => {
        response.statusCode = 404;
        response.end('of the application');
      };
      const { url = '/' } = request;
      if (!url.startsWith('/static')) {
        notFound();
        return;
      }
      const below = url.slice('/static'.length);
      Object.assign(request, { originalUrl: url });
      request.url = below.startsWith('/') ? below : `/${below}`;
      files(request, response, notFound);
    });
    return listen(t, server);
  },
};

for (const [name, start] of Object.entries(SERVERS)) {
  t.test(name, async (t) => {
    const root = site(t);
    const port = await start(t, root, { maxAge: 60 });
    const large = await request(port, '/static/large');
    const etag = `${large.get('etag')}`;

    await t.test('files', async (t) => {
      t.equal(large.status, 200);
      t.ok(large.body.equals(LARGE));
      t.equal(large.get('content-length'), '3000000');
      const small = await request(port, '/static/a.txt');
      t.equal(String(small.body), 'hello');
      t.equal(small.get('cache-control'), 'public, max-age=60');
      t.equal(small.get('content-type'), 'text/plain; charset=utf-8');
      t.equal(small.get('vary'), 'Cookie', 'what was set before stays');
      t.equal(String((await request(port, '/static/')).body), 'index');
      t.equal(String((await request(port, '/static/folder/')).body), 'folder');
    });

    await t.test('HEAD is GET without content', async (t) => {
      for (const target of ['/static/a.txt', '/static/large', '/static/folder']) {
        const get = await request(port, target);
        const head = await request(port, target, [], 'HEAD');
        const fieldsOf = ({ fields }: typeof get): unknown =>
          fields.filter(([field]) => !/^(?:date|keep-alive)$/i.test(field));
        t.equal(head.status, get.status);
        t.same(fieldsOf(head), fieldsOf(get), target);
        t.equal(head.body.length, 0);
      }
    });

    await t.test('ranges', async (t) => {
      for (const [range, status, expected] of [
        ['bytes=0-0', 206, LARGE.subarray(0, 1)],
        ['bytes=1000-2999', 206, LARGE.subarray(1000, 3000)],
        ['bytes=500000-', 206, LARGE.subarray(500_000)],
        ['bytes=-5', 206, LARGE.subarray(-5)],
      ] as const) {
        const answer = await request(port, '/static/large', [`Range: ${range}`]);
        t.equal(answer.status, status);
        t.ok(answer.body.equals(expected), range);
        t.match(answer.get('content-range'), /^bytes \d+-\d+\/3000000$/);
      }
      const beyond = await request(port, '/static/large', ['Range: bytes=3000000-']);
      t.equal(beyond.status, 416);
      t.equal(beyond.get('content-range'), 'bytes */3000000');
      const two = await request(port, '/static/large', ['Range: bytes=0-1,2000000-2000001']);
      t.equal(two.status, 206);
      t.match(two.get('content-type'), /^multipart\/byteranges; boundary=/);
      t.ok(two.body.includes(LARGE.subarray(2_000_000, 2_000_002)));
      const stale = ['Range: bytes=0-1', 'If-Range: "other"'];
      t.equal((await request(port, '/static/large', stale)).status, 200);
    });

    await t.test('preconditions', async (t) => {
      const known = await request(port, '/static/large', [`If-None-Match: ${etag}`]);
      t.equal(known.status, 304);
      t.equal(known.get('etag'), etag);
      t.equal(known.get('content-length'), undefined);
      t.equal(known.get('vary'), 'Cookie');
      t.equal((await request(port, '/static/large', ['If-Match: "other"'])).status, 412);
    });

    await t.test('folders are at the address that ends in a slash', async (t) => {
      for (const [target, location] of [
        ['/static/folder', '/static/folder/'],
        ['/static/folder?a=//b', '/static/folder/?a=//b'],
        ['/static', '/static/'],
        ['/static?a', '/static/?a'],
      ] as const) {
        const answer = await request(port, target);
        t.equal(answer.status, 301, target);
        t.equal(answer.get('location'), location);
        t.match(answer.fields.filter(([field]) => /^vary$/i.test(field)).join(), /Cookie.*Accept/);
      }
    });

    await t.test('what it has no file for is the application’s', async (t) => {
      for (const [target, method] of [
        ['/static/none', 'GET'],
        ['/static/.hidden', 'GET'],
        ['/static/a%2fb', 'GET'],
        ['/static/..%2fa.txt', 'GET'],
        ['/static/%00', 'GET'],
        ['/elsewhere', 'GET'],
        ['/static/a.txt', 'POST'],
        ['/static/a.txt', 'DELETE'],
      ] as const) {
        const answer = await request(port, target, [], method);
        t.equal(answer.status, 404, `${method} ${target}`);
        t.equal(String(answer.body), 'of the application');
      }
    });

    await t.test('one connection, many requests', async (t) => {
      const client = new RawClient(port);
      t.teardown(() => client.destroy());
      const get = (target: string, more = ''): string =>
        `GET /static${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
      client.send(get('/large') + get('/a.txt') + get('/large', 'Connection: close\r\n'));
      const answers = await client.responses();
      t.same(
        answers.map(({ status, body }) => [status, body.length]),
        [
          [200, 3_000_000],
          [200, 5],
          [200, 3_000_000],
        ],
      );
    });

    await t.test(
      'clients that go leave nothing open',
      { skip: !canCountDescriptors },
      async (t) => {
        const file = path.join(fs.realpathSync(root), 'large');
        const clients = Array.from({ length: 20 }, () => new RawClient(port, { paused: true }));
        for (const client of clients) client.send('GET /static/large HTTP/1.1\r\nHost: a\r\n\r\n');
        await until(() => descriptorsOn(file) > 0);
        await pause(50);
        for (const client of clients) client.destroy();
        await until(() => descriptorsOn(file) === 0, 10_000, 'the file is closed');
        t.equal(descriptorsOn(file), 0);
      },
    );
  });
}

t.test('passwords and CORS hold there too', async (t) => {
  const root = site(t);
  const options: DirectorySiteOptions = { cors: '*', auth: { users: ['ann:secret'] } };
  for (const start of Object.values(SERVERS)) {
    const port = await start(t, root, options);
    for (const target of ['/static/a.txt', '/static/none']) {
      const answer = await request(port, target);
      t.equal(answer.status, 401, 'is not left to anybody');
      t.match(answer.get('www-authenticate'), /^Basic/);
      t.equal(answer.get('access-control-allow-origin'), '*');
    }
    const preflight = ['Origin: https://a.example', 'Access-Control-Request-Method: GET'];
    const answer = await request(port, '/static/a.txt', preflight, 'OPTIONS');
    t.equal(answer.status, 204);
    t.equal(answer.get('access-control-allow-methods'), 'GET, HEAD');
  }
});

t.test('nothing gets past a password to what comes next', async (t) => {
  const root = site(t);
  const user = `Authorization: Basic ${btoa('ann:secret')}`;
  for (const cors of [undefined, '*', ['https://a.example']] as const) {
    const options = { auth: { users: ['ann:secret'] }, ...(cors === undefined ? {} : { cors }) };
    for (const [name, start] of Object.entries(SERVERS)) {
      const port = await start(t, root, options);
      for (const [expected, bytes] of [
        [401, 'GET /static/none HTTP/1.1\r\nHost: a'],
        [401, 'GET /static/none?q=" HTTP/1.1\r\nHost: a'],
        [400, 'GET /static/a"b HTTP/1.1\r\nHost: a'],
        [400, 'GET /static/%zz HTTP/1.1\r\nHost: a'],
        [400, 'GET /static/none HTTP/1.1\r\nHost: a/b'],
        [400, 'POST /static/none HTTP/1.1\r\nHost: a/b'],
        [400, 'OPTIONS /static/none HTTP/1.1\r\nHost: a/b'],
        [400, 'GET /static/none HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked'],
        [
          cors === undefined ? 401 : 204,
          'OPTIONS /static/none HTTP/1.1\r\nHost: a\r\nOrigin: https://b.example\r\nAccess-Control-Request-Method: GET',
        ],
        [
          cors === undefined ? 401 : 204,
          'OPTIONS /static/a.txt HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\nAccess-Control-Request-Method: POST',
        ],
      ] as const) {
        // Fastify has no route for other methods there, and answers `%zz` by itself.
        const isItsOwn = /^POST|%zz/.test(bytes) || (cors === undefined && /^OPTIONS/.test(bytes));
        if (name === 'fastify' && isItsOwn) continue;
        const end = '\r\nConnection: close\r\n\r\n';
        const chunk = bytes.includes('chunked') ? '0\r\n\r\n' : '';
        const [answer] = await converse(port, bytes + end + chunk);
        t.equal(answer?.status, expected, `${name}: ${bytes}`);
        t.not(String(answer?.body), 'of the application');
      }
      const known = await request(port, '/static/none?q="', [user]);
      t.equal(String(known.body), 'of the application', 'who knows it gets there');
    }
  }
});

t.test('a handler of one’s own may be one that keeps people out', async (t) => {
  const app = express();
  app.use(nodeListener(() => ({ status: 401, fields: [], body: undefined })));
  app.use((_: Req, response: Res) => {
    response.send('of the application');
  });
  const port = await listen(t, http.createServer(app));
  t.equal((await request(port, '/a"b')).status, 400);
  t.equal((await request(port, '/?"')).status, 401);
});

t.test('without a password strange addresses are the application’s', async (t) => {
  const root = site(t);
  for (const [name, start] of Object.entries(SERVERS)) {
    const port = await start(t, root);
    for (const target of ['/static/a"b', '/static/none?q="<b>', '/static/none?%zz']) {
      const answer = await request(port, target);
      t.equal(String(answer.body), 'of the application', `${name} ${target}`);
    }
    t.equal(String((await request(port, '/static/a.txt?q="<b>#c')).body), 'hello');
    const folder = await request(port, '/static/folder?q="#b');
    t.equal(folder.get('location'), '/static/folder/?q=%22%23b');
  }
});

t.test('a preflight is the application’s where its request would be', async (t) => {
  const root = site(t);
  for (const cors of ['*', ['https://a.example']] as const) {
    for (const [name, start] of Object.entries(SERVERS)) {
      const port = await start(t, root, { cors });
      for (const [target, method, origin, status] of [
        ['/static/a.txt', 'GET', 'https://a.example', 204],
        ['/static/a.txt', 'GET', 'https://b.example', 204],
        ['/static/large', 'HEAD', 'https://a.example', 204],
        ['/static/folder', 'GET', 'https://a.example', 204],
        ['/static/none', 'GET', 'https://a.example', 404],
        ['/static/api', 'POST', 'https://a.example', 404],
        ['/static/a.txt', 'POST', 'https://a.example', 404],
        ['/static/a.txt', 'CONNECT', 'https://a.example', 204],
      ] as const) {
        const asked = [`Origin: ${origin}`, `Access-Control-Request-Method: ${method}`];
        const answer = await request(port, target, asked, 'OPTIONS');
        t.equal(answer.status, status, `${name} ${method} ${target}`);
        t.equal(String(answer.body), status === 404 ? 'of the application' : '');
        const isAllowed = status === 204 && (cors === '*' || origin === 'https://a.example');
        t.equal(answer.get('access-control-allow-methods'), isAllowed ? 'GET, HEAD' : undefined);
      }
      const plain = await request(port, '/static/a.txt', [], 'OPTIONS');
      t.equal(String(plain.body), 'of the application', 'what is no preflight');
    }
  }
  const file = path.join(fs.realpathSync(root), 'large');
  await until(() => !canCountDescriptors || descriptorsOn(file) === 0, 10_000, 'it is closed');
});

t.test('addresses with a host in them', async (t) => {
  const root = site(t);
  for (const [name, start] of Object.entries(SERVERS)) {
    if (name === 'node:http') continue;
    const port = await start(t, root);
    for (const [target, location] of [
      ['http://evil.example/static/folder', '/static/folder/'],
      ['http://evil.example/static/folder?a', '/static/folder/?a'],
      ['http://evil.example/static', '/static/'],
    ] as const) {
      const answer = await request(port, target);
      t.equal(answer.status, 301, `${name} ${target}`);
      t.equal(answer.get('location'), location);
    }
    const file = await request(port, 'http://evil.example/static/a.txt');
    t.equal(String(file.body), 'hello', name);
  }
});

t.test('without an application around it everything is answered', async (t) => {
  const files = fileListener(site(t));
  const port = await listen(t, http.createServer(files));
  for (const [target, method, status, lines] of [
    ['/a.txt', 'GET', 200],
    ['/none', 'GET', 404],
    ['/a%2fb', 'GET', 400],
    ['/a"b', 'GET', 400],
    ['/a.txt', 'POST', 405],
    ['/a.txt', 'PROPFIND', 501],
    ['/a.txt', 'OPTIONS', 204],
    ['/a.txt', 'GET', 400, ['Host: b']],
    ['/folder', 'GET', 301],
    ['//evil.example/..', 'GET', 200],
  ] as const) {
    const answer = await request(port, target, lines ?? [], method);
    t.equal(answer.status, status, `${method} ${target}`);
  }
  const old = new RawClient(port);
  t.teardown(() => old.destroy());
  old.send('GET /large HTTP/1.0\r\n\r\n');
  const [answer] = await old.responses();
  t.ok(answer?.body.equals(LARGE), 'HTTP/1.0');
  await files.close();
});

t.test('HTTP/2, by the same interface', async (t) => {
  const files = fileListener(site(t)) as unknown as (
    request: http2.Http2ServerRequest,
    response: http2.Http2ServerResponse,
  ) => void;
  const server = http2.createServer(files);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => session.close());
  for (const [target, status, length] of [
    ['/large', 200, 3_000_000],
    ['/a.txt', 200, 5],
    ['/folder', 301, undefined],
  ] as const) {
    const stream = session.request({ ':path': target });
    let seen: unknown;
    stream.on('response', (fields) => {
      seen = fields[':status'];
    });
    let octets = 0;
    for await (const chunk of stream) octets += (chunk as Buffer).length;
    t.equal(seen, status, target);
    if (length !== undefined) t.equal(octets, length);
  }
});

/** A body that gives other octets than it says. */
function body(length: number | undefined, given: number): StreamedBody & { closed: number } {
  return {
    length,
    pieces: undefined,
    closed: 0,
    read: () => Readable.from([Buffer.alloc(given)]),
    close() {
      this.closed++;
    },
  };
}

t.test('bodies that are not what they say are cut off', async (t) => {
  const told: unknown[] = [];
  const hear = (event: unknown): void => {
    told.push((event as { error: Error }).error.message);
  };
  errorChannel.subscribe(hear);
  t.teardown(() => errorChannel.unsubscribe(hear));
  for (const [length, given, message] of [
    [10, 9, 'the resource became shorter'],
    [10, 11, 'the resource gave more than it said'],
  ] as const) {
    const answered = body(length, given);
    const listener = nodeListener(() => ({ status: 200, fields: [], body: answered }));
    const port = await listen(t, http.createServer(listener));
    const answer = await request(port, '/').catch(() => undefined);
    t.equal(answer, undefined, 'no whole response');
    t.same(told.splice(0), [message]);
    t.equal(answered.closed, 1);
  }
  const unmeasured = body(undefined, 9);
  const listener = nodeListener(() => ({ status: 200, fields: [], body: unmeasured }));
  const port = await listen(t, http.createServer(listener));
  const answer = await request(port, '/');
  t.equal(answer.get('transfer-encoding'), 'chunked');
  t.equal(answer.body.length, 9);
  const head = await request(port, '/', [], 'HEAD');
  t.equal(head.status, 200);
  t.equal(unmeasured.closed, 2);
});

t.test('failures', async (t) => {
  const told: unknown[] = [];
  const hear = (event: unknown): void => {
    told.push((event as { error: Error }).error);
  };
  errorChannel.subscribe(hear);
  t.teardown(() => errorChannel.unsubscribe(hear));
  const defect = new Error('a defect');
  for (const handler of [
    () => {
      throw defect;
    },
    () => Promise.reject(defect),
  ]) {
    const alone = await listen(t, http.createServer(nodeListener(handler)));
    t.equal((await request(alone, '/')).status, 500);
    t.same(told.splice(0), [defect]);
    const app = express();
    app.use(nodeListener(handler));
    app.use((error: unknown, _: Req, response: Res, __: NextFunction) => {
      response.status(599).send(String(error));
    });
    const inside = await listen(t, http.createServer(app));
    const answer = await request(inside, '/');
    t.equal(answer.status, 599, 'the application answers errors');
    t.equal(String(answer.body), 'Error: a defect');
    t.same(told, []);
  }
  const busy = nodeListener(() => Promise.reject(new HttpError(503, 'busy')));
  t.equal((await request(await listen(t, http.createServer(busy)), '/')).status, 503);
});

t.test('a client that goes before the answer', async (t) => {
  const answered = body(10, 10);
  let gone = false;
  let give = (): void => {};
  const listener = nodeListener(async (_, { signal }) => {
    signal.addEventListener('abort', () => {
      gone = true;
    });
    await new Promise<void>((resolve) => {
      give = resolve;
    });
    return { status: 200, fields: [], body: answered };
  });
  const port = await listen(t, http.createServer(listener));
  const client = new RawClient(port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await pause(50);
  client.destroy();
  await until(() => gone, 10_000, 'the handler is told');
  give();
  await until(() => answered.closed === 1, 10_000, 'the body is closed');
  t.equal(answered.closed, 1);
});

t.test('who has reset the connection is nobody, and is not handled', async (t) => {
  const heard: string[] = [];
  const listener = nodeListener((_, { remote }) => {
    heard.push(remote);
    return { status: 200, fields: [], body: undefined };
  });
  let passed = 0;
  const server = http.createServer((request, response) =>
    listener(request, response, () => {
      passed++;
    }),
  );
  const port = await listen(t, server);
  let accepted = 0;
  let closed = 0;
  server.on('connection', (socket) => {
    accepted++;
    socket.on('close', () => closed++);
  });
  for (let round = 1; round <= 5; round++) {
    const client = await new RawClient(port).connected();
    await until(() => accepted === round);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    client.reset();
    await until(() => closed === round);
  }
  t.same(heard, []);
  t.equal(passed, 0);
  t.equal((await request(port, '/')).status, 200);
  t.same(heard, ['127.0.0.1']);
});
