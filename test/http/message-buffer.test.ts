/** Content with room for a head: one piece, made anew only where nobody is reading the old one. */
import t from 'tap';
import type { HeadContext } from '../../lib/http/encode.js';
import { encodeHead } from '../../lib/http/encode.js';
import { HEAD_ROOM, MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';

const CONTEXT: HeadContext = { date: 'monday', persist: true, minorVersion: 1 };

function responseWith(message: MessageBuffer, fields: readonly string[] = []): Response {
  return { status: 200, fields, body: message.content, message };
}

t.test('head and content in one piece, for every head', async (t) => {
  const message = MessageBuffer.of(Buffer.from('content'));
  const one = responseWith(message);
  const other = responseWith(message, ['X', 'y']);
  const whole = message.encode(one, CONTEXT);
  t.equal(message.encode(one, { ...CONTEXT }), whole, 'kept');
  const contexts: HeadContext[] = [
    CONTEXT,
    { ...CONTEXT, date: 'tuesday' },
    { ...CONTEXT, persist: false },
    { ...CONTEXT, minorVersion: 0 },
  ];
  for (const response of [one, other]) {
    for (const context of contexts) {
      const text = message.encode(response, context)?.toString('latin1');
      t.equal(text, `${encodeHead(response, context)}content`);
    }
  }
  t.equal(message.content.toString(), 'content');
});

t.test('a head that is being written stays as it is', async (t) => {
  const message = new MessageBuffer(0);
  const response: Response = { status: 304, fields: [], body: undefined, message };
  const whole = message.encode(response, CONTEXT);
  message.beginWrite();
  message.beginWrite();
  t.equal(message.encode(response, CONTEXT), whole, 'and may be written again');
  const later = { ...CONTEXT, date: 'tuesday' };
  t.equal(message.encode(response, later), encodeHead(response, later), 'another is for itself');
  t.equal(message.encode(response, later), message.encode(response, { ...later }), 'and kept');
  message.endWrite();
  t.type(message.encode(response, { ...CONTEXT, date: 'wednesday' }), 'string');
  t.match(String(whole), 'monday');
  message.endWrite();
  t.type(message.encode(response, later), Buffer);
  t.match(String(whole), 'tuesday', 'in the place of the first');
});

t.test('a head up to the room for it', async (t) => {
  const message = MessageBuffer.of(Buffer.from('x'));
  const bare = encodeHead(responseWith(message, ['A', '']), CONTEXT).length;
  for (const [length, fits] of [
    [HEAD_ROOM, true],
    [HEAD_ROOM + 1, false],
  ] as const) {
    const response = responseWith(message, ['A', 'a'.repeat(length - bare)]);
    t.equal(encodeHead(response, CONTEXT).length, length);
    t.equal(message.encode(response, CONTEXT) instanceof Buffer, fits);
  }
});

t.test('memory is given back when nothing is being written any more', async (t) => {
  const memory = Buffer.alloc(HEAD_ROOM + 10);
  let given = 0;
  const message = new MessageBuffer(3, memory, (back) => {
    t.equal(back, memory);
    given++;
  });
  t.equal(message.content.length, 3);
  message.beginWrite();
  message.beginWrite();
  message.endWrite();
  t.equal(given, 0);
  message.endWrite();
  t.equal(given, 1);
});
