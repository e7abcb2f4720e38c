/** Messages whose memory is used again: what a slow client has not taken yet must not change. */
import net from 'node:net';
import t, { type Test } from 'tap';
import { HEAD_ROOM, MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { writeResponse } from '../../lib/server/write.js';
import { MIB, pattern } from '../helpers/files.js';

const OLD = 'Sun, 06 Nov 1994 08:49:37 GMT';
const NEW = 'Mon, 07 Nov 1994 08:49:38 GMT';

/** Two ends of a connection; the client's reads nothing until it is asked. */
async function connect(t: Test): Promise<{ socket: net.Socket; client: net.Socket }> {
  const server = net.createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1').pause();
  const socket = await accepted;
  server.close();
  t.teardown(() => {
    socket.destroy();
    client.destroy();
  });
  return { socket, client };
}

async function received(client: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(socket: net.Socket, response: Response, date: string): void {
  writeResponse(
    socket,
    response,
    { date, persist: true, minorVersion: 1 },
    response.body as Buffer,
  );
}

for (const fields of [[], ['X-Long', 'x'.repeat(HEAD_ROOM)]]) {
  const kind = fields.length === 0 ? 'a head that fits' : 'a head that is too long';
  t.test(`${kind}: what waits stays as it was written`, async (t) => {
    const content = pattern(MIB);
    let given = 0;
    const memory = Buffer.alloc(HEAD_ROOM + MIB);
    const message = new MessageBuffer(MIB, memory, () => given++);
    message.content.set(content);
    const response: Response = { status: 200, fields, body: message.content, message };
    const slow = await connect(t);
    let sent = 0;
    while (sent < 20) {
      send(slow.socket, response, OLD);
      sent++;
    }
    t.ok(slow.socket.writableLength > 0, 'the client has not taken all');
    const before = given;

    const quick = await connect(t);
    send(quick.socket, response, NEW);
    quick.socket.end();
    const other = await received(quick.client);
    t.match(other.toString('latin1', 0, 200), `Date: ${NEW}`);
    t.ok(other.subarray(-MIB).equals(content));
    t.equal(given, before, 'the memory is still in use');

    slow.socket.end();
    const all = await received(slow.client);
    t.equal(given, before + 1, 'and given back then');
    const each = all.length / sent;
    for (let i = 0; i < sent; i++) {
      const part = all.subarray(i * each, (i + 1) * each);
      t.match(part.toString('latin1', 0, 200), `Date: ${OLD}`);
      t.ok(part.subarray(-MIB).equals(content));
    }
  });
}

t.test('memory comes back from a client that has gone, and from corked writes', async (t) => {
  let given = 0;
  const message = new MessageBuffer(MIB, Buffer.alloc(HEAD_ROOM + MIB), () => given++);
  const response: Response = { status: 200, fields: [], body: message.content, message };
  const { socket, client } = await connect(t);
  client.on('error', () => {});
  socket.on('error', () => {});
  socket.cork();
  send(socket, response, OLD);
  t.equal(given, 0);
  socket.uncork();
  for (let i = 0; i < 20; i++) send(socket, response, OLD);
  const before = given;
  client.destroy();
  await new Promise((resolve) => socket.once('close', resolve));
  await new Promise(setImmediate);
  t.equal(given, before + 1);
});
