/** Layers before a handler, and fields added to responses. */
import t from 'tap';
import { MessageBuffer } from '../../lib/http/message-buffer.js';
import type { Response } from '../../lib/http/response.js';
import { AddedFields } from '../../lib/site/added-fields.js';
import {
  behind,
  type ExchangeContext,
  type Handler,
  type Layer,
  mapAnswer,
} from '../../lib/site/handler.js';
import { requestHead } from '../helpers/head.js';

const context: ExchangeContext = { signal: new AbortController().signal, remote: '' };
const ok: Response = { status: 200, fields: [], body: undefined };

t.test('the first layer is asked first, and its answer comes back last', async (t) => {
  const told: string[] = [];
  const layer =
    (name: string): Layer =>
    (next) =>
    (request, context) => {
      told.push(`${name} asked`);
      return mapAnswer(next(request, context), (response) => {
        told.push(`${name} answered`);
        return response;
      });
    };
  const handler: Handler = () => {
    told.push('handler');
    return ok;
  };
  const answer = behind([layer('a'), layer('b')], handler)(requestHead(), context);
  t.equal(answer, ok, 'at once');
  t.same(told, ['a asked', 'b asked', 'handler', 'b answered', 'a answered']);

  told.length = 0;
  const late = behind([layer('a')], async () => ok)(requestHead(), context);
  t.same(told, ['a asked']);
  t.equal(await late, ok);
  t.same(told, ['a asked', 'a answered']);
  t.equal(behind([], handler), handler, 'nothing in between');
});

t.test('added fields', async (t) => {
  const added = new AddedFields(['X-A', '1']);
  const message = MessageBuffer.of(Buffer.from('x'));
  const kept: Response = { status: 200, fields: ['B', '2'], body: message.content, message };
  t.same(added.to(kept).fields, ['B', '2', 'X-A', '1']);
  t.equal(added.to(kept), added.to(kept), 'one response stays one');
  t.equal(added.to(kept).message, message);
  t.same(kept.fields, ['B', '2'], 'which is not changed itself');
  t.not(added.to(ok), added.to(ok), 'what is sent once is not kept');
});
