/** What `--secure` says, and what it leaves working. */
import t from 'tap';
import { directorySite } from '../../lib/compose.js';
import { formatHttpDate } from '../../lib/http/date.js';
import { encodeHead } from '../../lib/http/encode.js';
import { HEAD_ROOM } from '../../lib/http/message-buffer.js';
import { secureFields } from '../../lib/site/secure.js';
import { requestHead } from '../helpers/head.js';

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

t.test('with all that a site can say, head and content still leave in one piece', async (t) => {
  const root = t.testdir({ 'a.html': 'x'.repeat(2000) });
  const context = { signal: new AbortController().signal, remote: '192.0.2.1' };
  const wire = { date: formatHttpDate(0), persist: false, minorVersion: 1 } as const;
  for (const cors of ['*', ['https://files.example.com']] as const) {
    const { handler, source } = directorySite(root, {
      ...{ secure: { transport: true }, cors, compression: true, maxAge: 31_536_000 },
      immutable: true,
    });
    t.teardown(() => source.close());
    for (const coding of ['identity', 'gzip']) {
      const fields = ['Origin: https://files.example.com', `Accept-Encoding: ${coding}`];
      const response = await handler(requestHead('/a.html', fields), context);
      const head = encodeHead(response, wire);
      t.match(head, 'Strict-Transport-Security');
      t.match(head, 'Access-Control-Allow-Origin');
      t.ok(head.length > 850 && head.length <= HEAD_ROOM, `${head.length} octets`);
      const message = response.message?.encode(response, wire);
      t.ok(
        message instanceof Buffer && message.length === head.length + (response.body?.length ?? 0),
      );
    }
  }
});
