/** One run at a time, and one more for all that asked meanwhile. */
import t from 'tap';
import { OneMore } from '../../lib/cluster/one-more.js';
import { Gate } from '../helpers/client.js';

t.test('requests during a run share the one after it', async (t) => {
  const gates = [new Gate(), new Gate()];
  let runs = 0;
  const one = new OneMore(() => (gates[runs++] as Gate).opened);
  const first = one.run();
  const others = [one.run(), one.run()];
  t.equal(runs, 1);
  gates[0]?.open();
  await first;
  await new Promise(setImmediate);
  t.equal(runs, 2);
  gates[1]?.open();
  await Promise.all(others);
  t.equal(runs, 2);
});

t.test('a run that fails is not the next one', async (t) => {
  let runs = 0;
  const one = new OneMore(async () => {
    if (++runs === 1) throw new Error('no');
  });
  const first = one.run();
  const second = one.run();
  await t.rejects(first, /no/);
  await second;
  t.equal(runs, 2);
  await one.run();
  t.equal(runs, 3);
});
