/**
 * Part of the build: writes what is made of the option table, to the files that are named: the manual page
 * for one that ends in .1, the list of options for one that ends in .md.
 */
import fs from 'node:fs';
import path from 'node:path';
import { manual, optionList } from './manual.js';
import { OPTIONS } from './options/table.js';

const { version } = JSON.parse(
  fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
for (const file of process.argv.slice(2)) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, file.endsWith('.1') ? manual(OPTIONS, version) : optionList(OPTIONS));
}
