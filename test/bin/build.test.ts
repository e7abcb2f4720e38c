/** The build leaves a command that can be run. */
import fs from 'node:fs';
import t from 'tap';

t.test('the command is executable: npm sets the bit on installing only', async (t) => {
  const file = new URL('../../bin/serve.js', import.meta.url);
  t.match(fs.readFileSync(file, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  if (process.platform !== 'win32') t.equal(fs.statSync(file).mode & 0o111, 0o111);
});
