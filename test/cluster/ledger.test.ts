/** The supervisor's count of all workers' connections. */
import fc from 'fast-check';
import t from 'tap';
import { Ledger } from '../../lib/cluster/ledger.js';

t.test('room', async (t) => {
  const ledger = new Ledger(10, 0);
  t.equal(ledger.first(1, 3), 3, 'an even part');
  t.equal(ledger.first(2, 3), 3);
  t.equal(ledger.first(3, 3), 3);
  t.equal(ledger.free, 1);
  t.equal(ledger.more(1, 1), 1);
  t.equal(ledger.more(2, 1), 0, 'nothing is left');
  ledger.yielded(1, 4);
  t.equal(ledger.free, 4);
  t.equal(ledger.more(2, 2), 3, 'what is wanted, and half of the rest');
  ledger.forget(3);
  t.equal(ledger.free, 4);
  ledger.yielded(3, 3);
  t.equal(ledger.free, 4, 'a late answer of one that has gone counts for nothing');
});

t.test('no bound', async (t) => {
  const ledger = new Ledger(0, 0);
  t.equal(ledger.first(1, 2), Number.POSITIVE_INFINITY);
  ledger.forget(1);
  t.equal(ledger.first(2, 2), Number.POSITIVE_INFINITY);
  for (let count = 0; count < 100; count++) t.ok(ledger.enter(1, 'a'));
});

t.test('addresses', async (t) => {
  const ledger = new Ledger(0, 2);
  t.ok(ledger.enter(1, 'a'));
  t.ok(ledger.enter(2, 'a'));
  t.notOk(ledger.enter(1, 'a'));
  t.ok(ledger.enter(1, 'b'));
  ledger.leave(1, 'a');
  ledger.leave(1, 'a');
  t.ok(ledger.enter(2, 'a'), 'what one worker frees another may use');
  t.notOk(ledger.enter(2, 'a'), 'nothing is freed twice');
  ledger.forget(2);
  t.ok(ledger.enter(1, 'a'));
  t.ok(ledger.enter(1, 'a'));
  t.notOk(ledger.enter(1, 'a'));
});

t.test('whatever happens, the sum is what was given', async (t) => {
  const worker = fc.integer({ min: 1, max: 4 });
  const step = fc.oneof(
    fc.record({ does: fc.constant('first' as const), worker }),
    fc.record({ does: fc.constant('more' as const), worker }),
    fc.record({ does: fc.constant('yielded' as const), worker }),
    fc.record({ does: fc.constant('forget' as const), worker }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(step), (most, steps) => {
      const ledger = new Ledger(most, 0);
      const granted = new Map<number, number>();
      for (const { does, worker } of steps) {
        const has = granted.get(worker) ?? 0;
        if (does === 'first') granted.set(worker, has + ledger.first(worker, 4));
        else if (does === 'more') granted.set(worker, has + ledger.more(worker, 3));
        else if (does === 'yielded') {
          ledger.yielded(worker, Math.ceil(has / 2));
          granted.set(worker, Math.floor(has / 2));
        } else {
          ledger.forget(worker);
          granted.delete(worker);
        }
        const sum = [...granted.values()].reduce((all, one) => all + one, 0);
        if (sum + ledger.free !== most || ledger.free < 0) return false;
      }
      return true;
    }),
  );
  t.pass();
});
