/** Where lines go: all of them, in order, whole; what can't be written is bounded and counted. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { MOST_PENDING, openSink } from '../../lib/log/sink.js';
import { pause, until } from '../helpers/client.js';

const PIPES = { skip: process.platform === 'win32' && 'Windows has no named pipes' };

function refuse(lines: number, error: Error | undefined): void {
  throw new Error(`${lines} lines dropped: ${error?.message}`);
}

t.test('lines come in order, also those of a single long one', async (t) => {
  const file = path.join(t.testdir(), 'log');
  fs.writeFileSync(file, 'before\n');
  const sink = openSink(file, refuse);
  const lines = Array.from({ length: 3000 }, (_, index) => `${index} ${'x'.repeat(index % 97)}`);
  lines.splice(7, 0, 'y'.repeat(10_000));
  for (const line of lines.slice(0, 1500)) sink.write(line);
  await pause(5);
  for (const line of lines.slice(1500)) sink.write(line);
  await sink.end();
  sink.write('too late');
  t.same(fs.readFileSync(file, 'utf8').split('\n'), ['before', ...lines, '']);
});

t.test('only its owner and group read it', { skip: process.platform === 'win32' }, async (t) => {
  const file = path.join(t.testdir(), 'log');
  const sink = openSink(file, refuse);
  await sink.end();
  t.equal(fs.statSync(file).mode & 0o007, 0);
});

t.test(
  'a file that was moved away is begun anew',
  { skip: process.platform === 'win32' },
  async (t) => {
    const file = path.join(t.testdir(), 'log');
    const sink = openSink(file, refuse);
    sink.write('first');
    await until(() => fs.readFileSync(file, 'utf8') === 'first\n');
    fs.renameSync(file, `${file}.1`);
    await pause(1100);
    sink.write('second');
    await until(() => fs.existsSync(file) && fs.readFileSync(file, 'utf8') === 'second\n');
    fs.unlinkSync(file);
    await pause(1100);
    sink.write('third');
    await sink.end();
    t.equal(fs.readFileSync(file, 'utf8'), 'third\n');
    t.equal(fs.readFileSync(`${file}.1`, 'utf8'), 'first\n');
  },
);

t.test('a reader that takes nothing costs a bounded memory, and no time', PIPES, async (t) => {
  const file = path.join(t.testdir(), 'pipe');
  execFileSync('mkfifo', [file]);
  t.throws(() => openSink(file, refuse), { code: 'ENXIO' }, 'nobody reads: an error, not a wait');
  const reader = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  let dropped = 0;
  const sink = openSink(file, (lines, error) => {
    t.equal(error, undefined);
    dropped += lines;
  });
  const line = 'x'.repeat(1023);
  const count = MOST_PENDING / 1024 + 500;
  for (let index = 0; index < count; index++) sink.write(line);
  await pause(50);
  const bytes = Buffer.alloc(65_536);
  let read = 0;
  await until(() => {
    try {
      read += fs.readSync(reader, bytes);
    } catch {
      // Nothing there just now.
    }
    return read === MOST_PENDING;
  });
  await until(() => dropped > 0);
  t.equal(dropped, 500);
  // The pipe fills up again, and nobody reads: the end does not wait for ever.
  for (let index = 0; index < 200; index++) sink.write(line);
  await pause(50);
  const started = performance.now();
  await sink.end();
  t.ok(performance.now() - started < 5000);
  fs.closeSync(reader);
});

t.test('a reader that goes away is no failure', PIPES, async (t) => {
  const file = path.join(t.testdir(), 'pipe');
  execFileSync('mkfifo', [file]);
  const reader = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  const sink = openSink(file, refuse);
  fs.closeSync(reader);
  sink.write('a');
  await pause(50);
  sink.write('b');
  await sink.end();
});

t.test(
  'a full disk is told once, then how much is missing',
  { skip: !fs.existsSync('/dev/full') },
  async (t) => {
    const told: [number, string | undefined][] = [];
    const sink = openSink('/dev/full', (lines, error) => {
      told.push([lines, (error as NodeJS.ErrnoException | undefined)?.code]);
    });
    for (let index = 0; index < 20; index++) {
      sink.write('x');
      await pause(2);
    }
    await sink.end();
    t.equal(told.length, 1);
    t.equal(told[0]?.[1], 'ENOSPC');
  },
);
