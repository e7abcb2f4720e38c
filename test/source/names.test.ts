/** Windows and macOS: which names are refused there, and where paths lead on a disk with drive letters. */
import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { HttpError } from '../../lib/http/error.js';
import { resolvePath } from '../../lib/site/path.js';
import { isHidden, isInside, withSeparator } from '../../lib/source/containment.js';
import { directory } from '../../lib/source/directory.js';
import { locate, type NameRule, nameRule } from '../../lib/source/names.js';
import type { ResourcePath } from '../../lib/source/source.js';

const ROOT = 'C:\\Users\\ann\\public\\';
const onWindows = nameRule('win32') as NameRule;
const onMacOS = nameRule('darwin') as NameRule;

/** What becomes of a request-target's path on Windows: a status, 'hidden', or a place on the disk. */
function onDisk(target: string): string | number {
  try {
    const { path: resource } = resolvePath(target);
    if (isHidden(resource)) return 'hidden';
    return onWindows(resource) ? 404 : locate(ROOT, resource, '\\');
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

t.test('Windows: attacks', async (t) => {
  for (const [target, expected] of [
    // Drives, absolute and relative to what is current there.
    ['/C:/Windows/win.ini', 404],
    ['/c:', 404],
    ['/C%3A/Windows', 404],
    ['/C:secret.txt', 404],
    // Other hosts, and names that Windows does not look at.
    ['//server/share/x', `${ROOT}server\\share\\x`],
    ['/%5c%5cserver/share', 400],
    ['/\\\\server\\share', 400],
    ['//?/C:/Windows', 404],
    ['/%5c%5c.%5cpipe', 400],
    ['//./COM1', 404],
    // Climbing.
    ['/..\\..\\secret', 400],
    ['/%2e%2e%5csecret', 400],
    ['/..%5csecret', 400],
    ['/a/..%2f..%2fsecret', 400],
    ['/%2e%2e/secret', 400],
    ['/.. /secret', 'hidden'],
    ['/a/.../secret', 'hidden'],
    ['/a/. ./secret', 'hidden'],
    // Streams.
    ['/a.txt::$DATA', 404],
    ['/a.txt%3a%3a$DATA', 404],
    ['/a.txt:hidden', 404],
    ['/folder:$I30:$INDEX_ALLOCATION', 404],
    // Names that are cut.
    ['/a.txt.', 404],
    ['/a.txt...', 404],
    ['/a.txt%20', 404],
    ['/a.txt.%20.', 404],
    ['/folder./a.txt', 404],
    ['/folder%20/a.txt', 404],
    // Short names.
    ['/PROGRA~1/x', 404],
    ['/GIT~1/config', 404],
    ['/git~1', 404],
    ['/x/HTPASS~1', 404],
    ['/SECRET~1.TXT', 404],
    ['/AB12CD~10.HTM', 404],
    ['/AB1~123.H', 404],
    // Devices.
    ['/CON', 404],
    ['/con.txt', 404],
    ['/a/nul', 404],
    ['/NUL.tar.gz', 404],
    ['/aux .txt', 404],
    ['/aux/a.txt', 404],
    ['/PRN/', 404],
    ['/COM1', 404],
    ['/com9.log', 404],
    ['/COM%C2%B9', 404],
    ['/LPT%C2%B3.txt', 404],
    ['/CONIN$', 404],
    ['/conout$.x', 404],
    // What no name can hold.
    ['/a*', 404],
    ['/a%3Fb', 404],
    ['/%3C', 404],
    ['/a%22', 404],
    ['/a%7Cb', 404],
    ['/a%01', 404],
    ['/a%00', 400],
    // Hidden, in any case.
    ['/.GIT/config', 'hidden'],
    ['/.Well-Known/x', 'hidden'],
  ] as const) {
    t.equal(onDisk(target), expected, target);
  }
});

t.test('Windows: what is served', async (t) => {
  for (const [target, expected] of [
    ['/', ''],
    ['/a.txt', 'a.txt'],
    ['/folder/', 'folder'],
    ['/a/b/c.min.js', 'a\\b\\c.min.js'],
    ['/a%20b/c', 'a b\\c'],
    ['/console', 'console'],
    ['/con1', 'con1'],
    ['/COM', 'COM'],
    ['/COM10', 'COM10'],
    ['/com1x.txt', 'com1x.txt'],
    ['/x.con', 'x.con'],
    ['/auxiliary.txt', 'auxiliary.txt'],
    ['/null', 'null'],
    ['/~ann/', '~ann'],
    ['/file~', 'file~'],
    ['/longname~1.txt', 'longname~1.txt'],
    ['/a~1.html', 'a~1.html'],
    ['/a~b', 'a~b'],
    ['/caf%C3%A9/%F0%9F%94%91', 'café\\🔑'],
    ['/.well-known/x', '.well-known\\x'],
    ["/it's (1) & [2] + {3}, 50%25!", "it's (1) & [2] + {3}, 50%!"],
  ] as const) {
    t.equal(onDisk(target), ROOT + expected, target);
  }
});

t.test('Windows: whatever is asked for, it is a plain place below the root', async (t) => {
  const piece = fc.constantFrom(
    ...['a', 'B', '.', '..', '/', '\\', ':', ' ', '~1', 'con', 'nul', '%2e', '%5c', '%2f', '%3a'],
    ...['C:', '$DATA', '?', '*', '%20', '.txt', '-', '%C2%B9', 'é', '%00', '//', '/./', 'COM1'],
  );
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
  const holds = fc.property(target, (asked) => {
    const found = onDisk(asked);
    if (typeof found === 'number' || found === 'hidden') return;
    const plain = path.win32.resolve('D:\\elsewhere', found);
    if (withSeparator(plain, '\\') !== withSeparator(found, '\\')) throw new Error(found);
    if (!isInside(plain, ROOT, '\\')) throw new Error(found);
  });
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 5000 }));
});

t.test('Windows: what is below a root', async (t) => {
  for (const [root, real, expected] of [
    ['C:\\public', 'C:\\public', true],
    ['C:\\public', 'C:\\public\\a.txt', true],
    ['C:\\public', 'C:\\public2\\a.txt', false],
    ['C:\\public', 'C:\\', false],
    ['C:\\public', 'D:\\public\\a.txt', false],
    ['C:\\', 'C:\\a.txt', true],
    ['C:\\', 'D:\\a.txt', false],
    ['\\\\server\\share\\', '\\\\server\\share\\a.txt', true],
    ['\\\\server\\share\\', '\\\\server\\share2\\a.txt', false],
    ['\\\\server\\share\\', '\\\\other\\share\\a.txt', false],
  ] as const) {
    t.equal(isInside(real, withSeparator(root, '\\'), '\\'), expected, `${root} ${real}`);
  }
});

t.test('macOS: names with a hidden dot', async (t) => {
  for (const [name, refused] of [
    ['/\u200c.git/config', true],
    ['/a/\ufeff\u206f.env', true],
    ['/\u{1f468}\u200d\u{1f469}.png', false],
    ['/a\u200c.git', false],
    ['/a.txt', false],
    ['/', false],
  ] as const) {
    t.equal(onMacOS(name as ResourcePath), refused, JSON.stringify(name));
  }
});

t.test('Linux serves every name that a path can have', async (t) => {
  t.equal(nameRule('linux'), undefined);
  t.equal(locate('/srv/', '/a/b' as ResourcePath, '/'), '/srv/a/b');
});

t.test('a directory goes by the rules of its system', async (t) => {
  const names = ['a.txt', 'aux.txt', 'a.txt.', 'SECRET~1.TXT', 'a b.txt', '\u200c.env'];
  const root = t.testdir(Object.fromEntries(names.map((name) => [name, name])));
  for (const [platform, refused] of [
    ['linux', []],
    ['win32', ['aux.txt', 'a.txt.', 'SECRET~1.TXT']],
    ['darwin', ['\u200c.env']],
  ] as const) {
    const source = directory(root, {}, platform);
    const served: string[] = [];
    for (const name of names) {
      const { path: resource } = resolvePath(`/${encodeURIComponent(name)}`);
      const opened = await source.open(resource);
      if (opened?.kind === 'resource') served.push(name);
    }
    const expected = names.filter((name) => !(refused as readonly string[]).includes(name));
    t.same(served, expected, platform);
    const listed: string[] = [];
    const folder = await source.open('/' as ResourcePath);
    if (folder?.kind !== 'collection' || folder.entries === undefined) throw new Error('no folder');
    for await (const batch of folder.entries()) listed.push(...batch.map(({ name }) => name));
    t.same(listed.sort(), [...expected].sort(), `${platform}: what is listed is what is served`);
    await source.close();
  }
});

t.test('long names are judged in one pass: otherwise this does not end in time', async (t) => {
  for (const [text, refused] of [
    [`/aux${' '.repeat(1_000_000)}x`, false],
    ['/a~'.repeat(300_000), false],
    ['/auxx .'.repeat(150_000), true],
    [`/${'. '.repeat(500_000)}x`, false],
  ] as const) {
    t.equal(onWindows(text as ResourcePath), refused);
  }
  t.equal(onMacOS(`/${'\u200c'.repeat(1_000_000)}x` as ResourcePath), false);
});
