/** What is known in a moment, and that nothing of it stays. */
import fs from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { Findings } from '../../lib/source/findings.js';
import { type OpenFile, OpenFiles } from '../../lib/source/open-file.js';
import type { ResourcePath } from '../../lib/source/source.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open(t: Test): OpenFile {
  const name = path.join(t.testdir({ f: 'x' }), 'f');
  const descriptor = fs.openSync(name, 'r');
  return new OpenFiles(undefined).add(descriptor, fs.fstatSync(descriptor), Date.now());
}

function isOpen({ descriptor }: OpenFile): boolean {
  try {
    fs.fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

const A = '/a' as ResourcePath;

t.test('a moment knows nothing of another', async (t) => {
  const findings = new Findings();
  t.equal(findings.enter(undefined), undefined);
  const moment = {};
  const known = findings.enter(moment);
  known?.addAbsent(A);
  if (known) known.root = '/root/';
  t.ok(findings.enter(moment)?.isAbsent(A));
  t.equal(findings.enter(moment)?.root, '/root/');
  const next = findings.enter({});
  t.notOk(next?.isAbsent(A));
  t.equal(next?.root, undefined);
});

t.test('a file stays open to the end of the turn, and longer only for who uses it', async (t) => {
  const findings = new Findings();
  const moment = {};
  const file = open(t);
  findings.enter(moment)?.keep(A, file);
  file.release();
  t.ok(isOpen(file));
  const again = findings.enter(moment)?.file(A);
  t.equal(again, file);
  await turn();
  await turn();
  t.ok(isOpen(file), 'it is in use');
  t.equal(findings.enter(moment)?.file(A), undefined);
  file.release();
  t.notOk(isOpen(file));
});

t.test('the next moment lets go at once', async (t) => {
  const findings = new Findings();
  const file = open(t);
  findings.enter({})?.keep(A, file);
  file.release();
  findings.enter({});
  t.notOk(isOpen(file));
});

t.test('no more than 16 files', async (t) => {
  const findings = new Findings();
  const known = findings.enter({});
  const files = Array.from({ length: 17 }, () => open(t));
  for (const [i, file] of files.entries()) {
    known?.keep(`/${i}` as ResourcePath, file);
    file.release();
  }
  t.same(files.map(isOpen), [...Array(16).fill(true), false]);
  findings.forget();
  t.notOk(files.some(isOpen));
});
