/** Large downloads as rows, and how these share a terminal with what is printed. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ProgressView } from '../../bin/progress-view.js';
import { CLEAR, showsProgress } from '../../bin/screen.js';
import { Transfers } from '../../bin/transfers.js';
import type { ExchangeProgress } from '../../lib/server/exchange.js';
import { pause, RawClient, request, requestBytes, until } from '../helpers/client.js';
import { MIB } from '../helpers/files.js';
import { start } from '../helpers/process.js';
import { AtTerminal, PSEUDO } from '../helpers/pseudo-terminal.js';

function transfer(given: Partial<ExchangeProgress> = {}): ExchangeProgress {
  const common = { id: '1.1', method: 'GET', target: '/a.iso', remote: '192.0.2.7' };
  return { ...common, sent: 0, total: 8 * MIB, ...given };
}

t.test('who, what, how far, how fast', async (t) => {
  const transfers = new Transfers();
  t.same(transfers.rows([transfer()], 0, 100, 5), [], 'no speed at the first look');
  const [quarter] = transfers.rows([transfer({ sent: 2 * MIB })], 1000, 100, 5);
  t.equal(
    quarter?.replace(/ +/g, ' '),
    ' /a.iso [==== ] 25 % 2.0 MiB of 8.0 MiB 2.0 MiB/s 3 s left to 192.0.2.7',
  );
  const [half] = transfers.rows([transfer({ sent: 4 * MIB })], 1500, 200, 5);
  t.match(half, ' 50 %  4.0 MiB of 8.0 MiB  2.6 MiB/s  2 s left  to 192.0.2.7');
  const [whole] = transfers.rows([transfer({ sent: 8 * MIB + 300 })], 2000, 200, 5);
  t.match(whole, '[================] 100 %  8.0 MiB of 8.0 MiB  4.2 MiB/s  0 s left');
  t.same(transfers.rows([], 2500, 200, 5), []);
  t.same(
    transfers.rows([transfer({ sent: MIB })], 3000, 200, 5),
    [],
    'nothing is kept of what ended',
  );
});

t.test('where there is little room the numbers stay whole', async (t) => {
  const ends: Record<number, RegExp> = {
    62: /^ {2}\S+ +7 % {2}52\.3 MiB of 700 MiB {2}52\.3 MiB\/s {2}13 s left$/,
    79: /^ {2}\S+ +7 % {2}52\.3 MiB of 700 MiB {2}52\.3 MiB\/s {2}13 s left {2}to 192\.0\.2\.107$/,
    90: /^ {2}\S+ +\[=? +\] +7 % .* 13 s left {2}to 192\.0\.2\.107$/,
    160: /^ {2}\/isos\/debian-12\.iso +\[= {15}\] +7 % .* 13 s left {2}to 192\.0\.2\.107$/,
  };
  for (const [columns, expected] of Object.entries(ends)) {
    const transfers = new Transfers();
    const given = { target: '/isos/debian-12.iso', remote: '192.0.2.107', total: 700 * MIB };
    transfers.rows([transfer(given)], 0, Number(columns), 5);
    const [row] = transfers.rows([transfer({ ...given, sent: 52.3 * MIB })], 1000, +columns, 5);
    t.match(row, expected, `${columns} columns`);
    t.equal(row?.length, Number(columns));
  }
});

t.test('what is unknown, small or stalled', async (t) => {
  const transfers = new Transfers();
  const look = (now: number, ...given: ExchangeProgress[]) => transfers.rows(given, now, 100, 5);
  const small = transfer({ id: 'small', total: MIB - 1 });
  const endless = transfer({ id: 'endless', total: undefined, sent: 2 * MIB });
  look(0, small, endless);
  const [row, ...others] = look(1000, small, { ...endless, sent: 3 * MIB });
  t.match(row, /\/a\.iso +3\.0 MiB {2}1\.0 MiB\/s {2}to/);
  t.same(others, []);
  look(2000, transfer({ sent: 10 }));
  t.match(look(3000, transfer({ sent: 10 }))[0], '0 B/s  to');
  t.match(look(3000, transfer({ sent: 10 }))[0], '0 B/s  to', 'no time has passed');
});

t.test('rows are bounded, in width and number, and steer nothing', async (t) => {
  const transfers = new Transfers();
  const many = Array.from({ length: 50 }, (_, index) =>
    transfer({ id: `${index}`, target: `/\x1b[2J\u202e${'x'.repeat(3000)}/end-${index}` }),
  );
  transfers.rows(many, 0, 80, 4);
  for (const columns of [0, 1, 20, 79, 120]) {
    const rows = transfers.rows(many, 1000, columns, 4);
    t.equal(rows.length, 4);
    t.equal(rows[3], '  and 47 more'.slice(0, columns));
    for (const row of rows) {
      t.ok(row.length <= columns);
      t.match(row, /^[\x20-\x7e]*$/);
    }
  }
  t.match(transfers.rows(many, 1000, 120, 4)[0], '/end-0 ', 'the end of a name says most');
  t.equal(transfers.rows(many, 1000, 80, 50).length, 50);
});

t.test('the view draws, leaves the cursor where rows begin, and clears them', async (t) => {
  const drawn: string[] = [];
  const written: string[] = [];
  let sent = 0;
  let failing = true;
  const ask = async (): Promise<ExchangeProgress[]> => {
    if (failing) throw new Error('nobody answers');
    sent += MIB / 4;
    return [transfer({ sent }), transfer({ id: '2', sent })];
  };
  const screen = { rows: 24, columns: 80, write: (text: string) => written.push(text) };
  const view = new ProgressView(ask, screen, (text, done) => {
    drawn.push(text);
    setTimeout(done, 1);
  });
  await pause(400);
  failing = false;
  await until(() => drawn.length > 1);
  view.stop();
  const count = drawn.length;
  for (const text of drawn)
    t.match(text, /^\x1b\[J {2}\/a\.iso [^\n]*\n {2}\/a\.iso [^\n]*\x1b\[1A\r$/);
  t.same(written, [CLEAR]);
  view.stop();
  await pause(400);
  t.equal(drawn.length, count);
  t.same(written, [CLEAR]);
});

t.test('a terminal that takes nothing is not waited for', async (t) => {
  let draws = 0;
  let asked = 0;
  const ask = async (): Promise<ExchangeProgress[]> => [transfer({ sent: ++asked * MIB })];
  const view = new ProgressView(ask, { write() {} }, () => {
    draws++;
  });
  await until(() => asked > 4);
  view.stop();
  t.equal(draws, 1);
});

t.test('only where it is asked for, and can be seen', async (t) => {
  const atTerminal = { open: false, clipboard: false, qr: false, progress: true };
  const settings = { atTerminal, json: false, quiet: false };
  const screen = { isTTY: true, write() {} };
  const { TERM } = process.env;
  process.env.TERM = 'xterm';
  t.equal(showsProgress(settings, screen), true);
  t.equal(showsProgress({ ...settings, json: true }, screen), false);
  t.equal(showsProgress({ ...settings, quiet: true }, screen), false);
  t.equal(
    showsProgress({ ...settings, atTerminal: { ...atTerminal, progress: false } }, screen),
    false,
  );
  t.equal(showsProgress(settings, { write() {} }), false);
  process.env.TERM = 'dumb';
  t.equal(showsProgress(settings, screen), false);
  if (TERM === undefined) delete process.env.TERM;
  else process.env.TERM = TERM;
});

t.test('without a terminal it is told, and nothing is drawn', async (t) => {
  const { command } = await start(t, t.testdir({ 'a.txt': 'a' }), ['--progress']);
  await until(() => command.stderr !== '');
  t.equal(command.stderr, 'serve: there is no terminal for --progress\n');
  command.signal('SIGTERM');
  t.equal((await command.ended()).code, 0);
  t.equal(command.events.length, 3);
});

for (const workers of ['1', '2']) {
  t.test(`at a terminal, with ${workers} process(es)`, PSEUDO, async (t) => {
    const root = t.testdir({ 'a.txt': 'aaaa' });
    fs.writeFileSync(path.join(root, 'large.bin'), '');
    fs.truncateSync(path.join(root, 'large.bin'), 64 * MIB);
    const args = [root, '--port', '0', '--progress', '-n', '--workers', workers];
    const terminal = new AtTerminal(t, args, { env: { NO_COLOR: '1' } });
    const [, port] = await terminal.shows(/127\.0\.0\.1:(\d+)/);
    await terminal.shows('shares it on the network');
    const client = new RawClient(Number(port));
    client.send(requestBytes('/large.bin'));
    await client.has(2 * MIB);
    client.socket.pause();
    await terminal.shows(
      /\x1b\[J {2}\S*large\.bin +\[=* *\] +\d+ % .* of 64\.0 MiB .*\/s.* to 127\.0\.0\.1\r/,
    );
    await request(Number(port), '/a.txt');
    await terminal.shows(/\x1b\[J\d\d:\d\d:\d\d 200 GET {2}\/a\.txt/);
    terminal.type('\x03');
    await terminal.shows('waiting up to 10 s for 1 response');
    terminal.type('\x03');
    await terminal.shows('stopped; 1 response was cut off');
    await until(() => terminal.ended);
    const end = terminal.screen.slice(terminal.screen.indexOf('waiting'));
    t.match(end, /\x1b\[J {2}stopped[^\x1b]*$/, 'nothing is drawn after the last word');
    client.destroy();
  });
}
