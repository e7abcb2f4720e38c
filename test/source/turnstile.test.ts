/** So many at a time, in order; and that files are opened so many at a time. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { directory } from '../../lib/source/directory.js';
import type { ResourcePath } from '../../lib/source/source.js';
import { Turnstile } from '../../lib/source/turnstile.js';
import { Gate } from '../helpers/client.js';
import { MIB } from '../helpers/files.js';

t.test('so many are in, the others wait in line', async (t) => {
  for (const places of [1, 3, 16]) {
    const turnstile = new Turnstile(places);
    const gates = Array.from({ length: 40 }, () => new Gate());
    const entered: number[] = [];
    let inside = 0;
    let most = 0;
    const all = gates.map(async (gate, index) => {
      await turnstile.enter();
      entered.push(index);
      most = Math.max(most, ++inside);
      await gate.opened;
      inside--;
      turnstile.leave();
    });
    await new Promise(setImmediate);
    t.equal(inside, places);
    for (const [index, gate] of gates.entries()) {
      gate.open();
      await new Promise(setImmediate);
      t.equal(entered.length, Math.min(40, places + index + 1), 'one out, one in');
    }
    await Promise.all(all);
    t.equal(most, places);
    t.same(
      entered,
      gates.map((_, index) => index),
      'first come, first in',
    );
    await Promise.all(Array.from({ length: places }, () => turnstile.enter()));
    let late = false;
    const next = turnstile.enter().then(() => {
      late = true;
    });
    await new Promise(setImmediate);
    t.notOk(late, 'there are as many places as at first');
    turnstile.leave();
    await next;
  }
});

t.test('who has gone does not stay in line', async (t) => {
  const turnstile = new Turnstile(1);
  await turnstile.enter();
  const leaving = new AbortController();
  const early = turnstile.enter(leaving.signal);
  const late = turnstile.enter(new AbortController().signal);
  leaving.abort(new Error('gone'));
  await t.rejects(early, { message: 'gone' });
  await t.rejects(turnstile.enter(leaving.signal), { message: 'gone' });
  turnstile.leave();
  await late;
  turnstile.leave();
  await t.rejects(turnstile.enter(leaving.signal), { message: 'gone' }, 'a place was free');
  await turnstile.enter();
});

t.test('at most 16 files are opened and read at a time', async (t) => {
  const root = t.testdir({});
  for (let index = 0; index < 200; index++) {
    fs.writeFileSync(path.join(root, `${index}`), '');
    fs.truncateSync(path.join(root, `${index}`), MIB);
  }
  const mutable = fs as { openSync: typeof fs.openSync; closeSync: typeof fs.closeSync };
  const { openSync, closeSync } = fs;
  let underWay = 0;
  let most = 0;
  let opens = 0;
  let removing = false;
  mutable.openSync = ((name: string, flags: number) => {
    if (removing) fs.rmSync(name);
    const descriptor = openSync(name, flags);
    opens++;
    most = Math.max(most, ++underWay);
    return descriptor;
  }) as typeof openSync;
  mutable.closeSync = (descriptor: number) => {
    underWay--;
    closeSync(descriptor);
  };
  try {
    const source = directory(root);
    const openAll = (first: number, count: number) =>
      Promise.all(
        Array.from({ length: count }, async (_, index) => {
          const resource = await source.open(`/${first + index}` as ResourcePath);
          return resource?.kind === 'resource' ? resource.size : undefined;
        }),
      );
    t.same(await openAll(0, 200), Array(200).fill(MIB));
    t.equal(opens, 200);
    t.equal(underWay, 0, 'all are closed');
    t.equal(most, 16);
    // One that fails leaves its place too.
    removing = true;
    t.same(await openAll(100, 40), Array(40).fill(undefined));
    removing = false;
    t.same(await openAll(199, 1), [MIB], 'no place was lost');
  } finally {
    Object.assign(fs, { openSync, closeSync });
  }
});
