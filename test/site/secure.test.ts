/** What `--secure` says, and what it leaves working. */
import t from 'tap';
import { encodeHead } from '../../lib/http/encode.js';
import { secureFields } from '../../lib/site/secure.js';

t.test('what is said', async (t) => {
  const names = (transport: boolean): string[] =>
    secureFields({ transport }, false).map(([name]) => name);
  t.same(names(false), [
    'Content-Security-Policy',
    'X-Frame-Options',
    'Referrer-Policy',
    'Permissions-Policy',
    'Cross-Origin-Opener-Policy',
    'X-Permitted-Cross-Domain-Policies',
    'Cross-Origin-Resource-Policy',
  ]);
  t.same(names(true).slice(7), ['Strict-Transport-Security'], 'by TLS only');
  const lines = secureFields({ transport: true }, false).flat();
  const context = { date: '', persist: true, minorVersion: 1 } as const;
  t.doesNotThrow(() => encodeHead({ status: 200, fields: lines, body: undefined }, context));
});

t.test('files that are shared on purpose may be embedded', async (t) => {
  const policy = (isShared: boolean): unknown =>
    new Map(secureFields({}, isShared)).get('Cross-Origin-Resource-Policy');
  t.equal(policy(false), 'same-origin');
  t.equal(policy(true), 'cross-origin');
});
