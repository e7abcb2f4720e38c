import t from 'tap';
import { parseRange } from '../lib/http/range.js';

t.test('range', async (t) => {
  t.same(parseRange('bytes=0-0', 10), { kind: 'ranges', ranges: [{ first: 0, last: 0 }] });
});
