/** Responses at a rate: everything arrives, not too soon, and nobody is given up for our own doing. */
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { ServeDirectoryOptions } from '../../lib/compose.js';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { type ClientOptions, pause, RawClient, requestBytes, until } from '../helpers/client.js';
import { resources } from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { serve, serveHandler } from '../helpers/server.js';

const KIB = 1024;
const RATE = MIB;
const LARGE = pattern(3 * MIB);
const MIDDLE = pattern(600 * KIB);

function site(t: Test, throttle: number, more: ServeDirectoryOptions = {}) {
  const root = t.testdir({ 'large.bin': LARGE, 'middle.bin': MIDDLE, 'small.txt': 'small' });
  return serve(t, root, { ...more, limits: { throttle, ...more.limits } });
}

/** Sends requests and gives the bodies with the seconds that they took. */
async function timed(
  port: number,
  requests: string,
  options: ClientOptions = {},
): Promise<[bodies: Buffer[], seconds: number]> {
  const started = performance.now();
  const client = new RawClient(port, options).send(requests);
  const answers = await client.responses([], 30_000);
  client.destroy();
  return [answers.map(({ body }) => body), (performance.now() - started) / 1000];
}

function last(target: string, fields: readonly string[] = []): string {
  return requestBytes(target, ['Connection: close', ...fields]);
}

/** Never sooner than the rate allows. How much later is up to the machine. */
function least(octets: number, rate: number): number {
  return octets / rate - 0.25 - 0.02;
}

t.test('at a rate', { jobs: 4 }, async (t) => {
  const { port } = await site(t, RATE);
  t.test('a file that is streamed', async (t) => {
    const [[body], seconds] = await timed(port, last('/large.bin'));
    t.ok(body?.equals(LARGE));
    t.ok(seconds >= least(LARGE.length, RATE), `${seconds} s`);
  });
  t.test('a file from memory', async (t) => {
    for (let round = 0; round < 2; round++) {
      const [[body], seconds] = await timed(port, last('/middle.bin'));
      t.ok(body?.equals(MIDDLE));
      t.ok(seconds >= least(MIDDLE.length, RATE), `${seconds} s`);
    }
  });
  t.test('a pipeline: what one leaves over is all that the next one has', async (t) => {
    const requests = requestBytes('/small.txt') + requestBytes('/middle.bin') + last('/middle.bin');
    const [bodies, seconds] = await timed(port, requests);
    t.same(
      bodies.map(({ length }) => length),
      [5, MIDDLE.length, MIDDLE.length],
    );
    t.ok(bodies[1]?.equals(MIDDLE) && bodies[2]?.equals(MIDDLE));
    t.ok(seconds >= least(2 * MIDDLE.length, RATE), `${seconds} s`);
  });
  t.test('ranges, one and several', async (t) => {
    const [[one], seconds] = await timed(port, last('/large.bin', ['Range: bytes=5-1048580']));
    t.ok(one?.equals(LARGE.subarray(5, 1_048_581)));
    t.ok(seconds >= least(MIB, RATE), `${seconds} s`);
    const [[several]] = await timed(
      port,
      last('/large.bin', ['Range: bytes=0-299999,400000-699999']),
    );
    t.ok(several?.includes(LARGE.subarray(0, 300_000)));
    t.ok(several?.includes(LARGE.subarray(400_000, 700_000)));
  });
  t.test('many small ranges: their memory is not used again too early', async (t) => {
    const firsts = Array.from({ length: 20 }, (_, index) => index * 130_000);
    const requests = firsts.map((first) =>
      requestBytes('/large.bin', [`Range: bytes=${first}-${first + 59_999}`]),
    );
    const [bodies] = await timed(port, `${requests.join('')}${last('/small.txt')}`);
    for (const [index, first] of firsts.entries()) {
      t.ok(bodies[index]?.equals(LARGE.subarray(first, first + 60_000)), `from ${first}`);
    }
  });
});

t.test('under TLS', async (t) => {
  const credentials = await selfSigned([]);
  const { port } = await site(t, RATE, { tls: credentials });
  const options = { tls: { ca: credentials.cert } };
  for (const [target, content] of [
    ['/large.bin', LARGE],
    ['/middle.bin', MIDDLE],
  ] as const) {
    const [[body], seconds] = await timed(port, last(target), options);
    t.ok(body?.equals(content));
    t.ok(seconds >= least(content.length, RATE), `${seconds} s`);
  }
});

t.test('very slow', async (t) => {
  const { port } = await site(t, 100);
  const [[body], seconds] = await timed(port, last('/large.bin', ['Range: bytes=0-149']));
  t.ok(body?.equals(LARGE.subarray(0, 150)));
  t.ok(seconds >= 1.2, `${seconds} s`);
});

t.test('of unknown length, and empty', async (t) => {
  const text = 'x'.repeat(50_000);
  const responses: Record<string, () => Response> = {
    '/unknown': () => ({
      status: 200,
      fields: [],
      body: {
        length: undefined,
        pieces: undefined,
        read: () => Readable.from([Buffer.from(text), Buffer.alloc(0), Buffer.from('end')]),
        close() {},
      },
    }),
    '/empty': () => ({ status: 200, fields: [], body: Buffer.alloc(0) }),
  };
  const { port } = await serveHandler(
    t,
    ({ target }) => (responses[target.path] as () => Response)(),
    {
      limits: { throttle: 50_000 },
    },
  );
  const [[body]] = await timed(port, last('/unknown'));
  t.equal(body?.toString(), `${text}end`);
  t.equal((await timed(port, last('/empty')))[0][0]?.length, 0);
});

t.test('a stall is not seen where we wait ourselves', async (t) => {
  const { port } = await site(t, 200 * KIB, {
    timeouts: { stall: 300 },
    // More than the throttle: nobody could reach it.
    limits: { minRate: MIB },
  });
  const [[body], seconds] = await timed(port, last('/middle.bin'));
  t.ok(body?.equals(MIDDLE));
  t.ok(seconds > 2);
});

t.test('the least rate is half of the throttle at most', { jobs: 2 }, async (t) => {
  const { port } = await site(t, 60 * KIB, { limits: { minRate: MIB } });
  const [[body], seconds] = await timed(port, last('/large.bin', ['Range: bytes=0-799999']));
  t.equal(body?.length, 800_000);
  t.ok(seconds > 12, 'longer than a rate goes unjudged');
});

t.test('a client that takes nothing, and then goes on', async (t) => {
  const content = pattern(24 * MIB);
  const { port, server } = await serve(t, t.testdir({ 'huge.bin': content }), {
    limits: { throttle: 20 * MIB },
  });
  const client = new RawClient(port, { paused: true }).send(last('/huge.bin'));
  await until(() => server.exchanges().length === 1);
  // Parked by the sweep meanwhile, or with a part of a chunk still held.
  await pause(1500);
  t.equal(server.exchanges().length, 1);
  client.resume();
  t.ok((await client.responses())[0]?.body.equals(content));
});

t.test('memory that is used again is given back once', async (t) => {
  const given: Buffer[] = [];
  const content = pattern(100 * KIB);
  const { port } = await serveHandler(
    t,
    () => {
      const memory = Buffer.alloc(200 * KIB);
      const message = new MessageBuffer(content.length, memory, (back) => {
        given.push(back);
        // Whoever takes it now writes something else.
        back.fill(0);
      });
      message.content.set(content);
      return { status: 200, fields: [], body: message.content, message };
    },
    { limits: { throttle: 2 * MIB } },
  );
  const [bodies] = await timed(port, requestBytes('/') + requestBytes('/') + last('/'));
  for (const body of bodies) t.ok(body.equals(content));
  await until(() => given.length >= 3);
  t.equal(given.length, 3);
  const gone = new RawClient(port).send(requestBytes('/').repeat(9));
  await gone.has(1);
  gone.destroy();
  await until(() => given.length >= 4);
});

t.test('aborted: nothing runs on', async (t) => {
  const { port, server } = await site(t, 10 * KIB, { timeouts: { linger: 100 } });
  await timed(port, last('/small.txt'));
  await until(() => server.connections === 0);
  const timers = resources('Timeout');
  const clients = Array.from({ length: 20 }, (_, index) =>
    new RawClient(port).send(requestBytes(index % 2 === 0 ? '/large.bin' : '/middle.bin')),
  );
  await Promise.all(clients.map((client) => client.has(1000)));
  for (const client of clients) client.destroy();
  await until(() => server.connections === 0);
  await until(() => resources('Timeout') <= timers + 1, 5000, 'their timers are gone');
  t.ok(true);
});

t.test('closing waits for one that is slow, and cuts it at the end', async (t) => {
  const { port, server } = await site(t, 10 * KIB);
  const client = new RawClient(port).send(requestBytes('/large.bin'));
  await client.has(1000);
  t.same(await server.close(200), { cut: 1 });
  await client.gone();
});
