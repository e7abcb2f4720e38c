/** Options that are no numbers are refused by name. */
import t from 'tap';
import { checkNumber, checkWhole } from '../../lib/http/check.js';

t.test('numbers and whole numbers', async (t) => {
  t.equal(checkNumber('a', 0.5), 0.5);
  t.equal(checkNumber('a', Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  t.equal(checkWhole('a', 3, 3), 3);
  t.throws(() => checkNumber('a', Number.NaN), {
    message: 'a is NaN; it takes a number from 0 up',
  });
  t.throws(() => checkNumber('a', 2, 3), RangeError);
  t.throws(() => checkNumber('a', '5' as unknown as number), RangeError);
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, -1, 2]) {
    t.throws(() => checkWhole('a', value, 3), RangeError, String(value));
  }
});
