/** Key rings: what they are made of, and that no key shows anywhere. */
import { inspect } from 'node:util';
import t from 'tap';
import { KeyRing } from '../../lib/blte/keys.js';
import { KEY, KEY_NAME } from '../helpers/blte.js';

const OTHER = '0000000000000001 ffffffffffffffffffffffffffffffff';

t.test('right texts', async (t) => {
  for (const [text, names] of [
    ['', []],
    ['# nothing\n\n', []],
    [`${KEY_NAME} ${KEY}`, [KEY_NAME]],
    [
      `\ufeff${KEY_NAME.toLowerCase()}\t ${KEY.toLowerCase()} # a remark, with a comma\r\n`,
      [KEY_NAME],
    ],
    [`${KEY_NAME} ${KEY}\n${OTHER}\n`, [KEY_NAME, '0000000000000001']],
    [`${KEY_NAME} ${KEY},${OTHER},`, [KEY_NAME, '0000000000000001']],
    [`${KEY_NAME} ${KEY}\n${KEY_NAME.toLowerCase()} ${KEY.toLowerCase()}`, [KEY_NAME]],
  ] as const) {
    const keys = KeyRing.parse(text);
    t.same(keys.names, names);
    if (names.length > 0) t.same(keys.find(KEY_NAME), Buffer.from(KEY, 'hex'));
    t.equal(keys.find('0000000000000002'), undefined);
  }
});

t.test('names in any case, and keys that are copies', async (t) => {
  const keys = KeyRing.parse(`${KEY_NAME} ${KEY}`);
  const key = keys.find(KEY_NAME.toLowerCase());
  t.same(key, Buffer.from(KEY, 'hex'));
  key?.fill(0);
  t.same(keys.find(KEY_NAME), Buffer.from(KEY, 'hex'), 'nobody else is concerned');
});

t.test('wrong texts, of which messages say no more than the line', async (t) => {
  for (const [text, message] of [
    [`${KEY_NAME} ${KEY}0`, 'the file: a key is given as NAME KEY'],
    [`${KEY_NAME} ${KEY.slice(1)}`, 'the file: a key is given as NAME KEY'],
    [`${KEY} ${KEY_NAME}`, 'the file: a key is given as NAME KEY'],
    [`${KEY_NAME}${KEY}`, 'the file: a key is given as NAME KEY'],
    [`\n${KEY_NAME} ${KEY.replace('0', 'x')}`, 'line 2 of the file: a key is given as NAME KEY'],
    [`${KEY_NAME} ${KEY} more`, 'the file: a key is given as NAME KEY'],
    [
      `${KEY_NAME} ${KEY}\n\n${KEY_NAME.toLowerCase()} ${KEY.replace('0', '1')}`,
      `lines 1 and 3 of the file: two different keys are called ${KEY_NAME}; leave one out`,
    ],
    [
      `${KEY_NAME} ${KEY},${KEY_NAME} ${KEY.replace('0', '1')}`,
      `the file: two different keys are called ${KEY_NAME}; leave one out`,
    ],
  ] as const) {
    try {
      KeyRing.parse(text, 'the file');
      t.fail(text);
    } catch (error) {
      t.ok((error as Error).message.startsWith(message), (error as Error).message);
      t.notMatch((error as Error).message, new RegExp(KEY.slice(1), 'i'));
    }
  }
});

t.test('a key ring shows no keys', async (t) => {
  const keys = KeyRing.parse(`${KEY_NAME} ${KEY}`);
  for (const shown of [
    inspect(keys, { depth: null, showHidden: true }),
    JSON.stringify(keys),
    String(keys),
    JSON.stringify(Object.getOwnPropertyDescriptors(keys)),
  ]) {
    t.notMatch(shown, /0123456789|1, 35, 69/i);
  }
});
