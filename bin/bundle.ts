/**
 * Part of the build: puts the command and a worker's program into one file each, with what they share
 * and what they start with. node takes longer to find a hundred small modules than to run them: 200 ms
 * from the start to the first answer become 130. The licences of what is packed in go beside it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

// From dist/bin.
const DIST = fileURLToPath(new URL('..', import.meta.url));
const COMMAND = path.join(DIST, 'command');

/** Packages that are no ES modules call `require`. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module';
const require = requireOf(import.meta.url);`;

/** A table of 200 KB is read faster as JSON than as a program: by 5 ms of the start. */
const tables: Plugin = {
  name: 'tables',
  setup(builder) {
    builder.onLoad({ filter: /\.json$/ }, ({ path: file }) => {
      const text = JSON.stringify(JSON.parse(fs.readFileSync(file, 'utf8')));
      return { contents: `module.exports = JSON.parse(${JSON.stringify(text)});`, loader: 'js' };
    });
  },
};

/**
 * How wide a text is shown only the help asks. What answers that makes a segmenter and tables of
 * characters as it is loaded: 16 ms of the start.
 */
const widths: Plugin = {
  name: 'widths',
  setup(builder) {
    builder.onResolve({ filter: /^string-width$/ }, ({ path: name, namespace, resolveDir }) =>
      namespace === 'late' ? undefined : { path: path.join(resolveDir, name), namespace: 'late' },
    );
    builder.onLoad({ filter: /./, namespace: 'late' }, ({ path: file }) => ({
      contents: `export default (...given) => require('string-width').default(...given);`,
      resolveDir: path.dirname(file),
    }));
  },
};

const { metafile } = await build({
  entryPoints: [
    path.join(DIST, 'bin/serve.js'),
    path.join(DIST, 'lib/cluster/worker-process.js'),
    path.join(DIST, 'lib/auth/bcrypt-thread.js'),
  ],
  entryNames: '[name]',
  outdir: COMMAND,
  bundle: true,
  // What only some need, such as workers, is a file of its own.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  plugins: [tables, widths],
  // Its other form looks for its parts when it runs.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  banner: { js: REQUIRE },
  legalComments: 'none',
  minifyWhitespace: true,
  metafile: true,
  logLevel: 'warning',
});
const files = Object.keys(metafile.inputs).filter((file) => !file.startsWith('late:'));
fs.writeFileSync(path.join(COMMAND, 'LICENSES.txt'), licences(files));
fs.chmodSync(path.join(COMMAND, 'serve.js'), 0o755);

/** The licences of all packages that files come from. @throws Error where a package has none to show */
function licences(files: readonly string[]): string {
  const folders = files.flatMap((file) => {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path.resolve(file));
    return folder === null ? [] : [folder[0]];
  });
  return [...new Set(folders)]
    .sort()
    .map((folder) => {
      const { name, version } = JSON.parse(
        fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
      );
      const file = fs.readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined) throw new Error(`${folder} has no file with its licence`);
      return `${name} ${version}\n\n${fs.readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
