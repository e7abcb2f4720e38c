/** Moments: which requests may share what was found out for one of them. */
import t from 'tap';
import { Moments } from '../../lib/server/moments.js';
import { RawClient, requestBytes } from '../helpers/client.js';
import { serveHandler } from '../helpers/server.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a turn of the event loop is a moment', async (t) => {
  const moments = new Moments();
  const first = moments.current;
  t.equal(moments.current, first);
  await Promise.resolve();
  t.equal(moments.current, first, 'microtasks belong to the turn');
  await turn();
  const second = moments.current;
  t.not(second, first);
  moments.renew();
  t.not(moments.current, second);
});

t.test('a moment ends after 64 requests', async (t) => {
  const moments = new Moments();
  const seen = Array.from({ length: 130 }, () => moments.current);
  t.equal(new Set(seen.slice(0, 64)).size, 1);
  t.not(seen[64], seen[63]);
  t.equal(new Set(seen).size, 3);
});

t.test(
  'the second request of a chunk may be younger than the moment, the third is no younger',
  async (t) => {
    const seen: (object | undefined)[] = [];
    const { port } = await serveHandler(t, (_request, { moment }) => {
      seen.push(moment);
      return { status: 204, fields: [], body: undefined };
    });
    const client = new RawClient(port);
    client.send(requestBytes('/').repeat(3) + requestBytes('/', ['Connection: close']));
    await client.responses();
    t.equal(seen.length, 4);
    const [first, second, third, fourth] = seen;
    t.ok(first);
    t.not(second, first);
    t.equal(third, second);
    t.equal(fourth, second);
  },
);
