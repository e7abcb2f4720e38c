import t from 'tap';
import { isKnownMethod, isSafeMethod } from '../../lib/http/method.js';

t.test('methods', async (t) => {
  for (const [method, known, safe] of [
    ['GET', true, true],
    ['HEAD', true, true],
    ['OPTIONS', true, true],
    ['TRACE', true, true],
    ['POST', true, false],
    ['PUT', true, false],
    ['DELETE', true, false],
    ['PATCH', true, false],
    ['CONNECT', true, false],
    ['get', false, false],
    ['BREW', false, false],
    ['PROPFIND', false, false],
    ['constructor', false, false],
    ['', false, false],
  ] as const) {
    t.equal(isKnownMethod(method), known, `${method} known`);
    t.equal(isSafeMethod(method), safe, `${method} safe`);
  }
});
