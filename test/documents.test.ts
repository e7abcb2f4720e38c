/** What ARCHITECTURE.md, CONTRIBUTING.md and docs/ name is there: files, packages, the ends of links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';

/** The files below a folder whose names end so. */
function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md', ...filesIn('docs', '.md')];
const SOURCES = ['bin', 'lib', 'test', 'bench'].flatMap((folder) => filesIn(folder, '.ts'));

t.test('files that are named exist', async (t) => {
  let count = 0;
  for (const document of DOCUMENTS) {
    const text = readFileSync(document, 'utf8');
    for (const [, name] of text.matchAll(/`([\w./-]+\.ts)`/g)) {
      const isThere = SOURCES.some((file) => file === name || file.endsWith(`/${name}`));
      t.ok(isThere, `${name}, in ${document}`);
      count++;
    }
    for (const [, folder] of text.matchAll(/`((?:bin|lib|test|bench)\/[\w/-]+\/)`/g)) {
      t.ok(existsSync(folder as string), `${folder}, in ${document}`);
    }
  }
  t.ok(count > 100);
});

t.test('links lead somewhere', async (t) => {
  for (const document of [...DOCUMENTS, 'README.md']) {
    const text = readFileSync(document, 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      t.ok(existsSync(path.join(path.dirname(document), target)), `${target}, in ${document}`);
    }
  }
});

t.test('every dependency is said to be there for something', async (t) => {
  const section = readFileSync('ARCHITECTURE.md', 'utf8').split('\n## Dependencies\n')[1] as string;
  const rows = [...section.matchAll(/^\| (.+?) \|/gm)].flatMap(([, names]) =>
    (names as string).split(', '),
  );
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  for (const name of Object.keys(dependencies)) t.ok(rows.includes(name), `${name} has a row`);
  for (const name of Object.keys(devDependencies)) {
    if (name.startsWith('@types/')) continue;
    // As a word: `c8`, `TypeScript`, `Biome`.
    const word = new RegExp(`(?<![\\w-])${name.replace('@biomejs/', '')}(?![\\w-])`, 'i');
    t.match(section, word, `${name} is named`);
  }
  for (const row of rows.filter((name) => /^[a-z]/.test(name) && name !== 'package')) {
    t.ok({ ...dependencies, ...devDependencies }[row], `${row} is a dependency`);
  }
});
