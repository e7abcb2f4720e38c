/** What is said of certificates and keys that can't be used, and what certificates of our own hold. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import t from 'tap';
import {
  checkCredentials,
  fingerprintOf,
  hasPublicName,
  MOST_PEM,
  readCredentials,
} from '../../lib/tls/credentials.js';
import { selfSigned } from '../../lib/tls/self-signed.js';
import { permissionsHold } from '../helpers/files.js';

const credentials = await selfSigned(['files.example', '192.0.2.7', 'fe80::1%eth0']);

t.test('of our own', async (t) => {
  const certificate = new X509Certificate(credentials.cert);
  for (const name of ['localhost', 'files.example']) t.ok(certificate.checkHost(name), name);
  for (const address of ['127.0.0.1', '::1', '192.0.2.7']) {
    t.ok(certificate.checkIP(address), address);
  }
  t.notOk(certificate.checkHost('other.example'));
  t.notOk(certificate.ca, 'it can vouch for nobody');
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000;
  t.ok(days > 390 && days < 398, `${days} days`);
  checkCredentials(credentials);
  t.match(fingerprintOf(credentials), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  const other = await selfSigned(['0.0.0.0']);
  t.not(other.key, credentials.key, 'each has a key of its own');
  t.ok(new X509Certificate(other.cert).subjectAltName?.includes('127.0.0.1'));
});

t.test('names that others know', async (t) => {
  for (const [hosts, expected] of [
    [[], false],
    [['app.localhost', '192.0.2.7', '2001:db8::1'], false],
    [['files.example'], true],
    [['*.files.example'], true],
    [['notlocalhost'], true],
  ] as const) {
    t.equal(hasPublicName(await selfSigned(hosts)), expected, hosts.join());
  }
});

t.test('what can not be used', async (t) => {
  const other = await selfSigned([]);
  const encrypted = execFileSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:secret'], {
    input: credentials.key,
    encoding: 'utf8',
  });
  checkCredentials({ ...credentials, key: encrypted, passphrase: 'secret' });
  for (const [name, given, expected] of [
    ['a key of another', { key: other.key }, /certificate is not that of the key/],
    ['a key that is encrypted', { key: encrypted }, /is encrypted; .* --tls-pass/],
    [
      'another passphrase',
      { key: encrypted, passphrase: 'x' },
      /passphrase is not that of the key$/,
    ],
    ['a key that is none', { key: 'secret' }, /the key is not in PEM/],
    ['a certificate for a key', { key: credentials.cert }, /the key is not in PEM/],
    ['a certificate that is none', { cert: 'x' }, /the certificate is not in PEM/],
    ['a key for a certificate', { cert: credentials.key }, /the certificate is not in PEM/],
    [
      'a broken one',
      { cert: credentials.cert.replace(/M/g, 'N') },
      /the certificate is not in PEM/,
    ],
  ] as const) {
    t.throws(() => checkCredentials({ ...credentials, ...given }), { message: expected }, name);
    try {
      checkCredentials({ ...credentials, ...given });
    } catch (error) {
      t.notMatch((error as Error).message, 'secret', 'nothing of a key is told');
    }
  }
});

t.test('at its time', async (t) => {
  const { validFrom, validTo } = new X509Certificate(credentials.cert);
  checkCredentials(credentials, Date.parse(validFrom));
  checkCredentials(credentials, Date.parse(validTo));
  t.throws(() => checkCredentials(credentials, Date.parse(validTo) + 1), {
    message: /^the certificate was valid until .*; renew it$/,
  });
  t.throws(() => checkCredentials(credentials, Date.parse(validFrom) - 1), {
    message: /^the certificate is valid from .* on; check this machine's clock$/,
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?()[\]\\]/g, '\\$&');
}

t.test('from files', async (t) => {
  const folder = t.testdir({
    'a.pem': credentials.cert,
    'a.key': credentials.key,
    'a.pass': 'secret\n',
    'other.key': (await selfSigned([])).key,
    long: 'x'.repeat(MOST_PEM + 1),
  });
  const cert = path.join(folder, 'a.pem');
  const key = path.join(folder, 'a.key');
  const other = path.join(folder, 'other.key');
  t.same(readCredentials({ cert, key }), credentials);
  t.equal(
    readCredentials({ cert, key, passphrase: path.join(folder, 'a.pass') }).passphrase,
    'secret',
  );
  for (const [files, expected] of [
    [
      { cert: path.join(folder, 'none'), key },
      /^the certificate .*none can't be read: there is no/,
    ],
    [{ cert, key: folder }, /^the key .* can't be read: it is a folder/],
    [{ cert, key: path.join(folder, 'long') }, /it is longer than 1048576 octets/],
    [
      { cert, key, passphrase: 'hello' },
      /^the passphrase can't be read: there is no such file; it is taken from a file \(--tls-pass FILE\)$/,
    ],
    [{ cert: key, key }, `the certificate ${key} is not in PEM: it has to`],
    [{ cert, key: cert }, `the key ${cert} is not in PEM: it has to`],
    [{ cert, key: other }, `the certificate ${cert} is not that of the key ${other}; name the two`],
  ] as const) {
    const message = typeof expected === 'string' ? new RegExp(escaped(expected)) : expected;
    t.throws(() => readCredentials(files), { message });
  }
  if (!permissionsHold) return;
  fs.chmodSync(key, 0);
  t.throws(() => readCredentials({ cert, key }), { message: /this user may not read it/ });
});
