/** So many at a time, in order; and that files are opened so many at a time. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
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

t.test('at most 16 files are opened and read at a time', async (t) => {
  const root = t.testdir({});
  for (let index = 0; index < 200; index++) {
    fs.writeFileSync(path.join(root, `${index}`), '');
    fs.truncateSync(path.join(root, `${index}`), MIB);
  }
  // Wrapped before the module that takes them is loaded; put back at once when the test is over.
  const { open, close } = fs;
  let underWay = 0;
  let most = 0;
  let opens = 0;
  fs.open = ((...args: Parameters<typeof open>) => {
    opens++;
    most = Math.max(most, ++underWay);
    open(...args);
  }) as typeof open;
  fs.close = ((...args: Parameters<typeof close>) => {
    underWay--;
    close(...args);
  }) as typeof close;
  try {
    const { directory } = await import('../../lib/source/directory.js');
    const source = directory(root);
    const sizes = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const resource = await source.open(`/${index}` as ResourcePath);
        return resource?.kind === 'resource' ? resource.size : undefined;
      }),
    );
    t.same(sizes, Array(200).fill(MIB));
    t.equal(opens, 200);
    t.equal(underWay, 0, 'all are closed');
    t.equal(most, 16);
    // One that fails leaves its place too.
    const { stat } = fs.promises;
    fs.promises.stat = (async (name: string) => {
      const stats = await stat(name);
      if (/^\d+$/.test(path.basename(name))) fs.rmSync(name);
      return stats;
    }) as typeof stat;
    try {
      const gone = Array.from({ length: 40 }, (_, index) =>
        source.open(`/${index + 100}` as ResourcePath),
      );
      t.same(await Promise.all(gone), Array(40).fill(null));
    } finally {
      fs.promises.stat = stat;
    }
    const after = await source.open('/199' as ResourcePath);
    t.equal(after?.kind, 'resource', 'no place was lost');
  } finally {
    Object.assign(fs, { open, close });
  }
});
