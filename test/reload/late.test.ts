/** Live reload that is loaded beside the start: who comes before it waits, and what fails takes no files away. */
import t from 'tap';
import { type ErrorEvent, errorChannel } from '../../lib/observe/channels.js';
import { reloadLater, SCRIPT_PATH } from '../../lib/reload/late.js';
import { requestHead } from '../helpers/head.js';

const CONTEXT = { signal: new AbortController().signal, remote: '' };
const ANSWER = { status: 204, fields: [], body: undefined };

t.test('a request before it is there waits, one after it does not', async (t) => {
  const { layer, close } = reloadLater(t.testdir({}), {});
  t.teardown(close);
  const handler = layer(() => ANSWER);
  const first = handler(requestHead(SCRIPT_PATH), CONTEXT);
  t.ok(first instanceof Promise);
  t.equal((await first).status, 200);
  t.notOk(handler(requestHead(SCRIPT_PATH), CONTEXT) instanceof Promise);
});

t.test('where it can not be loaded that is told once, and the files are served', async (t) => {
  const told: ErrorEvent[] = [];
  const keep = (event: unknown) => told.push(event as ErrorEvent);
  errorChannel.subscribe(keep);
  t.teardown(() => errorChannel.unsubscribe(keep));
  const failing = async () => {
    throw new Error('chokidar is not there');
  };
  const { layer, close } = reloadLater(t.testdir({}), {}, failing);
  const handler = layer(() => ANSWER);
  t.equal(await handler(requestHead(), CONTEXT), ANSWER);
  t.equal(handler(requestHead(), CONTEXT), ANSWER, 'at once from then on');
  t.match(told, [{ error: { message: 'chokidar is not there' } }]);
  close();
});
