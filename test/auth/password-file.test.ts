/** Files as htpasswd writes them: what is read, and what is refused with which words. */
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parsePasswordFile, readPasswordFile } from '../../lib/auth/password-file.js';

const REST = '.'.repeat(53);
const HASH = `$2y$05$${REST}`;

t.test('names and hashes', async (t) => {
  const text = `\ufeff# who may\r\n\r\nbob:${HASH}\r\n  ann:$2b$10$${REST}\n\njos\u0065\u0301:$2a$04$${REST}`;
  t.same(
    [...parsePasswordFile(text, 'f')],
    [
      ['bob', HASH],
      ['ann', `$2b$10$${REST}`],
      ['jos\xe9', `$2a$04$${REST}`],
    ],
  );
});

t.test('what is refused', async (t) => {
  for (const [text, message] of [
    ['', 'the password file f names nobody'],
    ['# nobody\n', 'the password file f names nobody'],
    ['bob', 'line 1 of f is not NAME:HASH'],
    [`:${HASH}`, 'line 1 of f is not NAME:HASH'],
    [`bob:${HASH}\n\nbob:${HASH}`, 'line 3 of f names "bob" a second time'],
    ['bob:$apr1$salt$0123456789', 'line 1 of f: the password of "bob" .* \\(MD5\\); write it anew'],
    ['bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', '\\(SHA-1\\)'],
    ['bob:$5$salt$x', '\\(SHA-256\\)'],
    ['bob:$6$salt$x', '\\(SHA-512\\)'],
    ['bob:rqXexS6ZhobKA', '\\(no known kind\\)'],
    ['bob:secret', '\\(no known kind\\)'],
    ['bob:', '\\(no known kind\\)'],
    [
      `bob:$2x$05$${REST}`,
      'line 1 of f: the bcrypt hash of "bob" is malformed, perhaps cut; write',
    ],
    [`bob:${HASH}.`, 'the bcrypt hash of "bob" is malformed'],
    [`bob:${HASH.slice(0, -1)}`, 'the bcrypt hash of "bob" is malformed'],
    [`bob:$2y$03$${REST}`, 'the bcrypt cost of "bob" is 3; it takes 4 to 16'],
    [`bob:$2y$17$${REST}`, 'the bcrypt cost of "bob" is 17; it takes 4 to 16'],
  ] as const) {
    t.throws(() => parsePasswordFile(text, 'f'), { message: new RegExp(message) }, text);
  }
  t.doesNotThrow(() => parsePasswordFile(`bob:$2y$16$${REST}`, 'f'));
  for (const secret of ['secret', 'rqXexS6ZhobKA', '$apr1$salt$0123456789']) {
    try {
      parsePasswordFile(`bob:${secret}`, 'f');
    } catch (error) {
      t.notOk((error as Error).message.includes(secret), 'what stands there is not told');
    }
  }
});

t.test('files that are not there, or too long', async (t) => {
  const folder = t.testdir({ passwords: `bob:${HASH}` });
  t.equal(readPasswordFile(path.join(folder, 'passwords')).get('bob'), HASH);
  t.throws(() => readPasswordFile(path.join(folder, 'none')), { message: /does not exist; make/ });
  t.throws(() => readPasswordFile(folder), { message: /can't be read \(EISDIR\)/ });
  const long = path.join(folder, 'long');
  fs.writeFileSync(long, '#'.repeat(1_048_577));
  t.throws(() => readPasswordFile(long), { message: /has 1048577 octets; 1048576 are the most/ });
  fs.writeFileSync(long, `bob:${HASH}\n#`.padEnd(1_048_576, '#'));
  t.equal(readPasswordFile(long).size, 1);
});
