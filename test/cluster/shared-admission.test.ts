/** The worker's count of its connections, and what it asks of the supervisor. */
import t from 'tap';
import { type Question, SharedAdmission } from '../../lib/cluster/shared-admission.js';

function admission(
  room: number,
  perAddress = false,
): { shared: SharedAdmission; asked: Question[] } {
  const asked: Question[] = [];
  return {
    shared: new SharedAdmission(room, perAddress, (question) => asked.push(question)),
    asked,
  };
}

t.test('within its room nobody is asked', async (t) => {
  const { shared, asked } = admission(2);
  t.equal(shared.enter('a'), true);
  t.equal(shared.enter('b'), true);
  shared.leave('a');
  t.equal(shared.enter('c'), true);
  t.same(asked, []);
});

t.test('beyond it connections wait for one answer', async (t) => {
  const { shared, asked } = admission(1);
  t.equal(shared.enter('a'), true);
  const first = shared.enter('b');
  const others = [shared.enter('c'), shared.enter('d')];
  t.same(asked, [{ kind: 'more', wanted: 1 }]);
  shared.granted(1);
  t.equal(await first, true);
  t.same(asked.slice(1), [{ kind: 'more', wanted: 2 }], 'then for all that came meanwhile');
  shared.granted(1);
  t.same(await Promise.all(others), [true, false]);
  const both = [shared.enter('e'), shared.enter('f')];
  shared.granted(2);
  t.same(await Promise.all(both), [true, true], 'one answer is enough where there is room');
  const late = shared.enter('g');
  shared.leave('a');
  shared.granted(0);
  t.equal(await late, true, 'what was freed meanwhile is used');
});

t.test('what it gives back', async (t) => {
  const { shared } = admission(10);
  t.equal(shared.yield(1), 5, 'half');
  t.equal(shared.yield(4), 4, 'or what is wanted');
  t.equal(shared.yield(4), 1, 'no more than it has');
  t.equal(shared.yield(4), 0);
  const { shared: used } = admission(2);
  used.enter('a');
  t.equal(used.yield(9), 1, 'never what is in use');
});

t.test('addresses are counted by the supervisor', async (t) => {
  const { shared, asked } = admission(2, true);
  const entered = [shared.enter('a'), shared.enter('b')];
  t.same(asked, [
    { kind: 'enter', call: 1, address: 'a' },
    { kind: 'enter', call: 2, address: 'b' },
  ]);
  shared.entered(2, false);
  shared.entered(1, true);
  t.same(await Promise.all(entered), [true, false]);
  const next = shared.enter('c');
  t.match(asked.at(-1), { kind: 'enter' }, 'the refused one takes no room');
  shared.entered(3, true);
  t.equal(await next, true);
  shared.leave('a');
  t.same(asked.at(-1), { kind: 'leave', address: 'a' });
});

t.test('without room and with addresses: first the one, then the other', async (t) => {
  const { shared, asked } = admission(0, true);
  const [one, other] = [shared.enter('a'), shared.enter('b')];
  shared.granted(1);
  await new Promise(setImmediate);
  t.same(asked, [
    { kind: 'more', wanted: 1 },
    { kind: 'more', wanted: 1 },
    { kind: 'enter', call: 1, address: 'a' },
  ]);
  shared.granted(0);
  shared.entered(1, true);
  t.same(await Promise.all([one, other]), [true, false]);
});
