/** Clients that people use, against the command: curl, wget, and node's own. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { canCountDescriptors, descriptors, descriptorsDownTo } from '../helpers/counts.js';
import { age, MIB, pattern, sha256 } from '../helpers/files.js';
import { start } from '../helpers/process.js';

const execute = promisify(execFile);

function has(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const skipCurl = !has('curl') && 'no curl here';
const skipWget = !has('wget') && 'no wget here';

const SIZES = { '0': 0, '1': 1, below: MIB - 1, at: MIB, above: MIB + 1, large: 20 * MIB + 3 };
const HUGE = 10 * 1024 * MIB;

function site(t: Test): string {
  const root = t.testdir({ 'index.html': '<p>index', secret: {}, folder: { 'index.html': 'f' } });
  for (const [name, size] of Object.entries(SIZES)) {
    fs.writeFileSync(path.join(root, name), pattern(size, size + 1));
    age(path.join(root, name));
  }
  return root;
}

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await execute(
    'curl',
    ['--silent', '--show-error', '--max-time', '60', ...args],
    {
      encoding: 'latin1',
      maxBuffer: 64 * MIB,
    },
  );
  return stdout;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of fs.createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

t.test('curl', { skip: skipCurl }, async (t) => {
  const root = site(t);
  const out = t.testdirName;
  const { command, port } = await start(t, root);
  const url = `http://127.0.0.1:${port}`;
  const saved = path.join(out, 'saved');

  for (const [name, size] of Object.entries(SIZES)) {
    await t.test(`${name}: ${size} octets`, async (t) => {
      await curl('--fail', '-o', saved, `${url}/${name}`);
      t.equal(await hashOf(saved), sha256(pattern(size, size + 1)));
      const head = await curl('-I', `${url}/${name}`);
      t.match(head, new RegExp(`^HTTP/1\\.1 200 OK\\r\\n[^]*\\r\\nContent-Length: ${size}\\r\\n`));
    });
  }

  await t.test('--limit-rate', async (t) => {
    await curl('--fail', '--limit-rate', '8M', '-o', saved, `${url}/large`);
    t.equal(await hashOf(saved), sha256(pattern(SIZES.large, SIZES.large + 1)));
  });

  await t.test('-r', async (t) => {
    const bytes = pattern(SIZES.above, SIZES.above + 1);
    for (const [range, expected] of [
      ['0-0', bytes.subarray(0, 1)],
      ['1000000-', bytes.subarray(1_000_000)],
      ['-5', bytes.subarray(-5)],
      ['-9999999', bytes],
    ] as const) {
      const got = await curl('--fail', '-r', range, `${url}/above`);
      t.ok(Buffer.from(got, 'latin1').equals(expected), range);
    }
    t.equal(
      await curl('-o', '/dev/null', '-w', '%{http_code}', '-r', '99999999-', `${url}/above`),
      '416',
    );
    t.match(await curl('-r', '0-1,4-5', `${url}/above`), /Content-Range: bytes 4-5\/1048577\r\n/);
  });

  await t.test('-C - goes on where it was cut off', async (t) => {
    const bytes = pattern(SIZES.large, SIZES.large + 1);
    fs.writeFileSync(saved, bytes.subarray(0, 7_654_321));
    await curl('--fail', '-C', '-', '-o', saved, `${url}/large`);
    t.equal(await hashOf(saved), sha256(bytes));
  });

  await t.test('many files on one connection', async (t) => {
    const targets = Object.keys(SIZES).map((name) => `${url}/${name}`);
    const format = '%{num_connects} %{http_code}\\n';
    const args = targets.flatMap((target) => ['-o', '/dev/null', target]);
    const lines = (await curl('-w', format, ...args)).trim().split('\n');
    t.same(lines, ['1 200', ...Array(targets.length - 1).fill('0 200')]);
  });

  await t.test('content that nobody wants', async (t) => {
    const code = ['-o', '/dev/null', '-w', '%{http_code}'];
    const large = path.join(root, 'large');
    t.equal(await curl(...code, '-d', 'a=b', `${url}/`), '405');
    t.equal(await curl(...code, '-T', large, `${url}/x`), '405', 'too long, announced by Expect');
    t.equal(await curl(...code, '-H', 'Expect:', '-T', large, `${url}/x`), '405', 'and not');
    t.equal(
      await curl(...code, '-H', 'Transfer-Encoding: chunked', '-T', large, `${url}/x`),
      '405',
    );
    t.equal(
      await curl(...code, '-H', 'Expect: 100-continue', '-X', 'GET', '-d', 'a=b', `${url}/`),
      '200',
    );
    t.equal(await curl(...code, '-X', 'GET', '-d', 'a=b', `${url}/`), '200');
  });

  await t.test('other protocols and methods', async (t) => {
    t.equal(await curl('--http1.0', `${url}/`), '<p>index');
    t.equal(await curl('--http2', `${url}/`), '<p>index', 'an upgrade is not taken up');
    t.match(
      await curl('-i', '-X', 'OPTIONS', `${url}/`),
      /^HTTP\/1\.1 204 (?:.*\r\n)*Allow: GET, HEAD, OPTIONS\r\n/,
    );
    await t.rejects(curl('--http2-prior-knowledge', `${url}/`));
  });

  await t.test('--path-as-is', async (t) => {
    for (const target of [
      '/../../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/..%2f..%2fetc/passwd',
      '//etc/passwd',
    ]) {
      const text = await curl('--path-as-is', '-w', ' %{http_code}', `${url}${target}`);
      t.match(text, / (400|404)$/, target);
      t.notMatch(text, 'root:');
    }
  });

  await t.test('--compressed', async (t) => {
    const text = Buffer.from(Array.from({ length: 300_000 }, (_, i) => `${i}\n`).join(''));
    for (const [name, size] of [
      ['small.txt', 100_000],
      ['large.txt', text.length],
    ] as const) {
      fs.writeFileSync(path.join(root, name), text.subarray(0, size));
      for (const fields of [[], ['-H', 'Accept-Encoding: br'], ['-H', 'Accept-Encoding: gzip']]) {
        const format = '%{size_download} %header{content-encoding}';
        const args = ['--fail', '--compressed', '-o', saved, '-w', format, ...fields];
        const [octets, coding] = (await curl(...args, `${url}/${name}`)).split(' ');
        t.equal(await hashOf(saved), sha256(text.subarray(0, size)), `${name} as ${coding}`);
        t.ok(Number(octets) < size / 2, `${octets} octets for ${size}`);
      }
    }
  });

  await t.test('redirects and conditions', async (t) => {
    t.equal(
      await curl('-L', '-w', ' %{url_effective}', `${url}/folder?a=b`),
      `f ${url}/folder/?a=b`,
    );
    const etags = path.join(out, 'etag');
    await curl('--etag-save', etags, '-o', saved, `${url}/at`);
    const again = ['--etag-compare', etags, '-o', '/dev/null', '-w', '%{http_code}'];
    t.equal(await curl(...again, `${url}/at`), '304');
    t.equal(await curl('-z', saved, '-o', '/dev/null', '-w', '%{http_code}', `${url}/at`), '304');
  });

  await t.test('50 downloads at once', async (t) => {
    const before = canCountDescriptors ? descriptors(command.pid) : 0;
    const hash = sha256(pattern(SIZES.large, SIZES.large + 1));
    const args = Array.from({ length: 50 }, (_, index) => [
      '-o',
      `${saved}-${index}`,
      `${url}/large`,
    ]);
    await curl(
      '--fail',
      '--parallel',
      '--parallel-max',
      '50',
      '--parallel-immediate',
      ...args.flat(),
    );
    for (let index = 0; index < 50; index++) {
      const one = await hashOf(`${saved}-${index}`);
      if (one !== hash) t.equal(one, hash, `download ${index}`);
    }
    t.pass('all the same');
    if (canCountDescriptors) {
      const after = await descriptorsDownTo(before, command.pid);
      t.ok(after <= before, 'no more descriptors than before');
    }
  });

  await t.test('ranges of 10 GiB', async (t) => {
    const huge = path.join(root, 'huge');
    const file = fs.openSync(huge, 'w');
    const mark = pattern(100_000, 9);
    for (const at of [0, 2 ** 31 - 50_000, 2 ** 32 - 50_000, HUGE - mark.length]) {
      fs.writeSync(file, mark, 0, mark.length, at);
    }
    fs.closeSync(file);
    t.match(await curl('-I', `${url}/huge`), `Content-Length: ${HUGE}\r\n`);
    for (const at of [0, 2 ** 31 - 50_000, 2 ** 32 - 50_000, HUGE - mark.length]) {
      const got = await curl('-r', `${at}-${at + mark.length - 1}`, `${url}/huge`);
      t.ok(Buffer.from(got, 'latin1').equals(mark), `from ${at}`);
    }
    t.ok(Buffer.from(await curl('-r', '-100000', `${url}/huge`), 'latin1').equals(mark));
    t.match(
      await curl('-i', '-r', `${HUGE}-`, `${url}/huge`),
      `Content-Range: bytes */${HUGE}\r\n`,
    );
    fs.rmSync(huge);
  });
});

t.test('wget', { skip: skipWget }, async (t) => {
  const root = site(t);
  const { port } = await start(t, root);
  const url = `http://127.0.0.1:${port}`;
  const saved = path.join(t.testdirName, 'saved');
  const wget = (...args: string[]): Promise<unknown> =>
    execute('wget', ['--quiet', '--tries=2', '--timeout=20', '-O', saved, ...args]);

  for (const [name, size] of Object.entries(SIZES)) {
    await wget(`${url}/${name}`);
    t.equal(await hashOf(saved), sha256(pattern(size, size + 1)), name);
  }

  await t.test('-c goes on where it was cut off', async (t) => {
    const bytes = pattern(SIZES.large, SIZES.large + 1);
    const name = path.join(t.testdir({}), 'large');
    const resume = (): Promise<unknown> =>
      execute('wget', ['--quiet', '--tries=2', '--timeout=20', '-c', `${url}/large`], {
        cwd: path.dirname(name),
      });
    for (const cut of [0, 1, MIB, 12_345_678, bytes.length - 1]) {
      fs.writeFileSync(name, bytes.subarray(0, cut));
      await resume();
      t.equal(await hashOf(name), sha256(bytes), `from ${cut}`);
    }
    await resume();
    t.equal(await hashOf(name), sha256(bytes), 'nothing to do');
  });

  await t.test('--limit-rate', async (t) => {
    await wget('--limit-rate=8m', `${url}/large`);
    t.equal(await hashOf(saved), sha256(pattern(SIZES.large, SIZES.large + 1)));
  });
});

t.test('node', async (t) => {
  const root = site(t);
  const { port } = await start(t, root);
  const url = `http://127.0.0.1:${port}`;

  await t.test('fetch', async (t) => {
    for (const [name, size] of Object.entries(SIZES)) {
      const response = await fetch(`${url}/${name}`);
      t.equal(response.status, 200);
      t.equal(sha256(Buffer.from(await response.arrayBuffer())), sha256(pattern(size, size + 1)));
    }
    const redirected = await fetch(`${url}/folder?a`);
    t.equal(redirected.url, `${url}/folder/?a`);
    t.equal(await redirected.text(), 'f');
    const posted = await fetch(`${url}/`, { method: 'POST', body: 'x'.repeat(100_000) });
    t.equal(posted.status, 405);
    t.equal((await fetch(`${url}/at`, { method: 'HEAD' })).headers.get('content-length'), `${MIB}`);
    const controller = new AbortController();
    const aborted = await fetch(`${url}/large`, { signal: controller.signal });
    controller.abort();
    await t.rejects(aborted.arrayBuffer(), { name: 'AbortError' });
  });

  await t.test('http.Agent keeps its connection', async (t) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const get = (
      target: string,
    ): Promise<{ status: number | undefined; port: number | undefined; body: Buffer }> =>
      new Promise((resolve, reject) => {
        const request = http.get(`${url}${target}`, { agent }, (response) => {
          const parts: Buffer[] = [];
          const { localPort } = response.socket;
          response.on('data', (chunk: Buffer) => parts.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            resolve({ status: response.statusCode, port: localPort, body: Buffer.concat(parts) });
          });
        });
        request.on('error', reject);
      });
    const ports = new Set<number | undefined>();
    for (const [target, status] of [
      ['/at', 200],
      ['/above', 200],
      ['/none', 404],
      ['/%00', 400],
      ['/folder', 301],
      ['/0', 200],
      ['/large', 200],
    ] as const) {
      const response = await get(target);
      t.equal(response.status, status, target);
      ports.add(response.port);
    }
    t.equal(ports.size, 1);
    const all = await Promise.all(Array.from({ length: 20 }, () => get('/below')));
    const hash = sha256(pattern(MIB - 1, MIB));
    t.ok(all.every(({ body }) => sha256(body) === hash));
  });
});
