/** The least rate of a response, on both sides of it. It is judged after 10 s: these take a while. */
import { Readable } from 'node:stream';
import t from 'tap';
import type { Response } from '../../lib/http/response.js';
import { pause, RawClient, requestBytes } from '../helpers/client.js';
import { MIB, pattern } from '../helpers/files.js';
import { serveHandler } from '../helpers/server.js';

const RATE = 2 * MIB;
const SIZE = 64 * MIB;
const LARGE: Response = { status: 200, fields: [], body: pattern(SIZE) };

t.test('the least rate', { jobs: 3 }, async (t) => {
  const { port, server } = await serveHandler(t, () => LARGE, { limits: { minRate: RATE } });

  t.test('a client below it is given up after the grace', async (t) => {
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/'));
    await pause(8500);
    t.equal(server.exchanges().length, 2, 'both are under way');
    await pause(3000);
    t.equal(server.exchanges().length, 1, 'this one is not');
    client.resume();
    await client.gone();
    t.ok(client.length < SIZE, `${client.length} octets came`);
  });

  t.test('a client above it is not', async (t) => {
    const client = new RawClient(port, { paused: true });
    client.send(requestBytes('/', ['Connection: close']));
    const started = performance.now();
    while (!client.ended && !client.closed) {
      const due = ((performance.now() - started) / 1000) * 2 * RATE;
      if (client.length < due) client.resume();
      else client.socket.pause();
      await pause(10);
    }
    t.ok(performance.now() - started > 12_000, 'it took longer than the grace');
    t.equal((await client.responses())[0]?.body.length, SIZE);
  });

  t.test('nor is one whose source is slow', async (t) => {
    const source = new Readable({ read() {} });
    const body = { length: 2, pieces: undefined, read: () => source, close() {} };
    const { port, server } = await serveHandler(t, () => ({ status: 200, fields: [], body }), {
      limits: { minRate: RATE },
    });
    const client = new RawClient(port);
    client.send(requestBytes('/', ['Connection: close']));
    source.push('a');
    // Longer than the grace, and the sweep after it.
    await pause(12_000);
    t.equal(server.exchanges().length, 1, 'it is still under way');
    source.push('b');
    source.push(null);
    t.equal((await client.responses())[0]?.body.toString(), 'ab');
  });
});
