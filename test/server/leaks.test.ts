/**
 * What is held after a thousand of everything equals what was held before: descriptors and sockets of
 * a server in a process of its own, and its timers, which show in how much it does when idle.
 */
import path from 'node:path';
import t, { type Test } from 'tap';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import {
  canCountDescriptors,
  descriptors,
  descriptorsDownTo,
  descriptorsOn,
  processorTime,
  resources,
} from '../helpers/counts.js';
import { MIB, pattern } from '../helpers/files.js';
import { PACKED, start } from '../helpers/process.js';
import { serve } from '../helpers/server.js';

const ROUNDS = 1000;
const AT_ONCE = 50;

/** Runs `action` a thousand times, some at once. */
async function thousandTimes(action: (round: number) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < ROUNDS; round += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => action(round + index)));
  }
}

t.test('descriptors of a process', { skip: !canCountDescriptors && 'no /proc here' }, async (t) => {
  const root = t.testdir({ large: pattern(16 * MIB), small: 'x' });
  const { command, port } = await start(t, root, ['--linger-timeout', '1']);
  const { pid } = command;
  // Once of each, for what is opened once and kept.
  await request(port, '/small');
  await request(port, '/large');
  await pause(100);
  const before = descriptors(pid);

  const check = async (t: Test) => {
    // Fewer when a connection of the first requests was still lingering.
    t.ok((await descriptorsDownTo(before, pid)) <= before, 'no more descriptors than before');
    t.equal(descriptorsOn(root, pid), 0, 'none of them a file');
  };

  await t.test('aborted downloads', async (t) => {
    await thousandTimes(async (round) => {
      const client = new RawClient(port);
      client.send(requestBytes('/large'));
      await client.has(1);
      if (round % 2 === 0) client.destroy();
      else client.reset();
    });
    await check(t);
  });

  await t.test('aborted before the first octet', async (t) => {
    await thousandTimes(async (round) => {
      const client = await new RawClient(port).connected();
      client.send(requestBytes('/large'));
      if (round % 2 === 0) await new Promise(setImmediate);
      if (round % 3 === 0) client.destroy();
      else client.reset();
    });
    await check(t);
  });

  await t.test('aborted pipelined requests', async (t) => {
    await thousandTimes(async (round) => {
      const client = new RawClient(port);
      client.send(requestBytes('/large').repeat(20) + requestBytes('/small').repeat(20));
      if (round % 2 === 0) await client.has(1);
      else await client.connected();
      client.destroy();
    });
    await check(t);
  });

  await t.test('aborted ranges, single and several', async (t) => {
    await thousandTimes(async (round) => {
      const client = new RawClient(port);
      const range = round % 2 === 0 ? '5-' : '0-3000000,4000000-15000000';
      client.send(requestBytes('/large', [`Range: bytes=${range}`]));
      await client.has(1);
      client.destroy();
    });
    await check(t);
  });

  await t.test('stalled, then aborted', async (t) => {
    for (let round = 0; round < 4; round++) {
      const clients = Array.from({ length: 250 }, () => new RawClient(port, { paused: true }));
      for (const client of clients) client.send(requestBytes('/large'));
      // All of them read the one file that is open.
      await until(() => descriptors(pid) > before + 250 && descriptorsOn(root, pid) === 1);
      // Some of them parked, some not.
      if (round % 2 === 0) await pause(700);
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.destroy();
        else client.reset();
      }
      await until(() => descriptorsOn(root, pid) === 0);
    }
    await check(t);
  });

  await t.test('304, 416, 412 and HEAD', async (t) => {
    const clients = Array.from({ length: 10 }, () => new RawClient(port));
    const round = [
      requestBytes('/large', ['If-None-Match: *']),
      requestBytes('/large', ['Range: bytes=99999999-']),
      requestBytes('/large', ['If-Match: "x"']),
      requestBytes('/large', [], 'HEAD'),
      requestBytes('/large', ['Range: bytes=0-1,5-6']),
    ].join('');
    for (const client of clients) client.finish(round.repeat(100));
    const methods = Array.from({ length: 500 }, (_, index) => (index % 5 === 3 ? 'HEAD' : 'GET'));
    for (const client of clients) {
      const answers = await client.responses(methods, 20_000);
      t.same(
        answers.slice(0, 5).map(({ status }) => status),
        [304, 416, 412, 200, 206],
      );
      t.equal(answers.length, 500);
    }
    await check(t);
  });

  await t.test('and nothing runs on', async (t) => {
    const time = processorTime(pid);
    await pause(1000);
    t.ok(processorTime(pid) - time <= 0.1, 'an idle server does nothing');
  });
});

t.test('sockets and timers of this process', async (t) => {
  const root = t.testdir({ large: pattern(8 * MIB), small: 'x' });
  const { port, server } = await serve(t, root, { timeouts: { linger: 200 } });
  await request(port, '/small');
  await until(() => server.connections === 0);
  await new Promise(setImmediate);
  const before = process.getActiveResourcesInfo().sort();
  await thousandTimes(async (round) => {
    const client = new RawClient(port, { paused: round % 3 === 0 });
    client.send(requestBytes(round % 2 === 0 ? '/large' : '/small'));
    if (round % 3 === 0) await client.connected();
    else await client.has(1);
    client.destroy();
  });
  await until(() => server.connections === 0 && resources('TCPSocketWrap') === 0);
  await until(() => resources('FSReqCallback') === 0);
  await new Promise(setImmediate);
  t.same(process.getActiveResourcesInfo().sort(), before);
});

t.test('out of descriptors', { skip: !canCountDescriptors && 'no /proc here' }, async (t) => {
  const root = t.testdir({ large: pattern(16 * MIB), 'small.txt': 'small', 'other.txt': 'other' });
  const { command, port } = await start(t, root, ['--linger-timeout', '1', '--cache-size', '0'], {
    descriptors: 64,
    // Packed: else node opens more files than that at once, only to load it.
    program: PACKED,
  });
  const { pid } = command;
  await request(port, '/small.txt');
  await pause(100);
  const before = descriptors(pid);

  await t.test('files can not be opened: 503, and the connection is kept', async (t) => {
    const idle: RawClient[] = [];
    for (let count = 0; count < 64; count++) {
      idle.push(await new RawClient(port).connected());
    }
    await until(() => idle.some((client) => client.ended || client.closed), 5000, 'it is full');
    const last = idle.shift() as RawClient;
    last.send(requestBytes('/small.txt') + requestBytes('/large'));
    await until(() => last.received.toString('latin1').split('HTTP/1.1 503').length === 3);
    for (const client of idle) client.destroy();
    await until(() => descriptors(pid) <= before + 1);
    last.send(requestBytes('/other.txt', ['Connection: close']));
    const answers = await last.responses();
    t.same(
      answers.map(({ status }) => status),
      [503, 503, 200],
    );
    t.equal(answers[0]?.get('retry-after'), '1');
  });

  await t.test('a flood is refused or answered, and over when it is over', async (t) => {
    const clients = Array.from({ length: 300 }, () => new RawClient(port));
    for (const [index, client] of clients.entries()) {
      client.send(requestBytes(index % 2 === 0 ? '/large' : '/small.txt', ['Connection: close']));
    }
    const time = processorTime(pid);
    await pause(500);
    t.ok(command.running, 'no crash');
    await Promise.all(clients.map((client) => client.over(20_000).catch(() => 'waiting')));
    t.ok(processorTime(pid) - time < 15);
    const starts = clients.map((client) => client.received.toString('latin1', 0, 12));
    t.ok(starts.every((text) => ['', 'HTTP/1.1 200', 'HTTP/1.1 503'].includes(text)));
    t.ok(
      starts.some((text) => text !== ''),
      'those that got a connection got an answer',
    );
    for (const client of clients) client.destroy();
    t.ok((await descriptorsDownTo(before, pid)) <= before, 'no more descriptors than before');
    t.equal((await request(port, '/small.txt')).body.toString(), 'small', 'it recovers');
    t.equal((await request(port, '/large')).body.length, 16 * MIB);
    t.ok(command.running);
  });
});

t.test('paths of the disk do not get into what is printed', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { command, port } = await start(t, root);
  await request(port, `/${path.basename(root)}`);
  t.equal(command.events.length, 1);
});
