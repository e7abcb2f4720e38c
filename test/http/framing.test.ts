import t from 'tap';
import { Fields } from '../../lib/http/fields.js';
import { frameBody } from '../../lib/http/framing.js';

const TE = 'Transfer-Encoding';
const CL = 'Content-Length';

t.test('framings (RFC 9112 §6.3)', async (t) => {
  for (const [lines, minorVersion, expected] of [
    [[], 1, { kind: 'none' }],
    [[], 0, { kind: 'none' }],
    [[CL, '0'], 1, { kind: 'none' }],
    [[CL, '000'], 1, { kind: 'none' }],
    [[CL, '1'], 1, { kind: 'length', length: 1 }],
    [[CL, '1'], 0, { kind: 'length', length: 1 }],
    [['content-length', '007'], 1, { kind: 'length', length: 7 }],
    [[CL, '9007199254740991'], 1, { kind: 'length', length: 2 ** 53 - 1 }],
    [[CL, '18446744073709551617'], 1, { kind: 'length', length: 2 ** 53 - 1 }],
    [[TE, 'chunked'], 1, { kind: 'chunked' }],
    [[TE, 'CHUNKED'], 1, { kind: 'chunked' }],
    [[TE, ',chunked,'], 1, { kind: 'chunked' }],
    [['TE', 'chunked', 'X-Content-Length', '5'], 1, { kind: 'none' }],
  ] as const) {
    t.same(
      frameBody(new Fields([...lines]), minorVersion),
      expected,
      `${lines} in 1.${minorVersion}`,
    );
  }
});

t.test('refused', async (t) => {
  for (const [lines, minorVersion, status] of [
    [[CL, ''], 1, 400],
    [[CL, '5x'], 1, 400],
    [[CL, '+5'], 1, 400],
    [[CL, '-0'], 1, 400],
    [[CL, '5, 5'], 1, 400],
    [[CL, '5', CL, '5'], 1, 400],
    [[CL, '5', CL, '6'], 1, 400],
    [[CL, '0', TE, 'chunked'], 1, 400],
    [[CL, '5', TE, 'gzip, chunked'], 1, 400],
    [[CL, 'x', TE, 'chunked'], 0, 400],
    [[TE, 'chunked'], 0, 400],
    [[TE, 'gzip, chunked'], 0, 400],
    [[TE, ''], 1, 400],
    [[TE, ','], 1, 400],
    [[TE, 'gzip'], 1, 400],
    [[TE, 'identity'], 1, 400],
    [[TE, 'chunked, chunked'], 1, 400],
    [[TE, 'chunked', TE, 'chunked'], 1, 400],
    [[TE, 'chunked, gzip'], 1, 400],
    [[TE, 'chunked, gzip, chunked'], 1, 400],
    [[TE, 'chunked;a=b'], 1, 400],
    [[TE, 'chunked x'], 1, 400],
    [[TE, '"chunked"'], 1, 400],
    [[TE, 'gzip, chunked'], 1, 501],
    [[TE, 'gzip', TE, 'chunked'], 1, 501],
    [[TE, 'identity, chunked'], 1, 501],
  ] as const) {
    const fields = new Fields([...lines]);
    t.throws(
      () => frameBody(fields, minorVersion),
      { name: 'HttpError', status },
      `${lines} in 1.${minorVersion}`,
    );
  }
});
