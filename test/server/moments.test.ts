/** Moments: which requests may share what was found out for one of them. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Response } from '../../lib/http/response.js';
import { MOST_SOCKETS, Moments } from '../../lib/server/moments.js';
import { createFileHandler } from '../../lib/site/file-handler.js';
import { directory } from '../../lib/source/directory.js';
import { Gate, RawClient, requestBytes } from '../helpers/client.js';
import { serveHandler } from '../helpers/server.js';

const EMPTY: Response = { status: 204, fields: [], body: undefined };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A server that notes the moment of each request. */
async function noting(
  t: Test,
  answer: (target: string) => Response | Promise<Response> = () => EMPTY,
): Promise<{ port: number; seen: (object | undefined)[] }> {
  const seen: (object | undefined)[] = [];
  const { port } = await serveHandler(t, (request, { moment }) => {
    seen.push(moment);
    return answer(request.target.path);
  });
  return { port, seen };
}

t.test('a turn of the event loop is a moment', async (t) => {
  const moments = new Moments(() => 1);
  const first = moments.take();
  t.equal(moments.take(), first);
  await Promise.resolve();
  t.equal(moments.take(), first, 'microtasks belong to the turn');
  await turn();
  const second = moments.take();
  t.not(second, first);
  moments.renew();
  t.not(moments.take(), second);
});

t.test('with as many sockets as a poll may report, moments are not shared', async (t) => {
  let sockets = MOST_SOCKETS - 1;
  const moments = new Moments(() => sockets);
  t.equal(moments.take(), moments.take());
  sockets++;
  t.not(moments.take(), moments.take());
});

t.test('the second request of a chunk may be younger, the third is no younger', async (t) => {
  const { port, seen } = await noting(t);
  const client = new RawClient(port);
  client.send(requestBytes('/').repeat(3) + requestBytes('/', ['Connection: close']));
  await client.responses();
  t.equal(seen.length, 4);
  const [first, second, third, fourth] = seen;
  t.ok(first);
  t.not(second, first);
  t.equal(third, second);
  t.equal(fourth, second);
});

t.test('a request that waited for its turn shares no moment', async (t) => {
  const { port, seen } = await noting(t);
  const client = new RawClient(port);
  client.send(requestBytes('/').repeat(99) + requestBytes('/', ['Connection: close']));
  await client.responses();
  t.equal(seen.length, 100);
  // After 64 events others have their turn; the rest is handled outside of the poll.
  const late = seen.slice(66);
  t.equal(new Set(late).size, late.length);
});

t.test('nor does one that waited for an answer before it', async (t) => {
  const gate = new Gate();
  const { port, seen } = await noting(t, async () => {
    await gate.opened;
    return EMPTY;
  });
  const client = new RawClient(port);
  client.send(requestBytes('/').repeat(9) + requestBytes('/', ['Connection: close']));
  setTimeout(() => gate.open(), 20);
  await client.responses();
  t.equal(new Set(seen).size, 10);
});

t.test('what comes while one connection has its turns is seen by another', async (t) => {
  const root = t.testdir({});
  const serveFile = createFileHandler(directory(root));
  let answered = 0;
  let other: RawClient | undefined;
  const { port } = await serveHandler(t, (request, context) => {
    const isOther = request.target.query === '?other';
    // Within the turns in which the rest of the first one's requests are handled.
    if (!isOther && ++answered === 70) {
      fs.writeFileSync(path.join(root, 'f'), 'here');
      other?.send(requestBytes('/f?other', ['Connection: close']));
    }
    return serveFile(request, context);
  });
  other = await new RawClient(port).connected();
  const first = new RawClient(port);
  first.send(requestBytes('/f').repeat(199) + requestBytes('/f', ['Connection: close']));
  const [answer] = await other.responses();
  t.equal(String(answer?.body), 'here');
  await first.responses();
});
