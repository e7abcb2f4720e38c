/** What workers measured is kept, so that no count falls. */
import t from 'tap';
import { Measurements } from '../../lib/cluster/measurements.js';
import type { Member } from '../../lib/cluster/member.js';
import { type Family, sumFamilies } from '../../lib/observe/families.js';

function told(count: number): Family[] {
  const values = (value: number) => [{ value, labels: {} }];
  const common = { help: 'H.', aggregator: 'sum' };
  return [
    { ...common, name: 'a_total', type: 'counter', values: values(count) },
    { ...common, name: 'held', type: 'gauge', values: values(1) },
  ];
}

/** A worker that tells `count` when it is asked, or nothing. */
class Worker {
  count: number | undefined;

  constructor(measurements: Measurements, count: number) {
    this.count = count;
    this.#measurements = measurements;
  }

  readonly #measurements: Measurements;

  async measure(): Promise<readonly Family[] | undefined> {
    if (this.count === undefined) return undefined;
    const families = told(this.count);
    this.#measurements.told(this as unknown as Member, families);
    return families;
  }
}

t.test('sums', async (t) => {
  const measurements = new Measurements();
  const [one, other] = [new Worker(measurements, 5), new Worker(measurements, 7)] as const;
  const members = new Set([one, other] as unknown as Member[]);
  const sums = async () =>
    sumFamilies(await measurements.all(members, 10)).map(({ values }) => values[0]?.value);
  t.same(await sums(), [12, 2]);
  one.count = undefined;
  other.count = 8;
  t.same(await sums(), [13, 2], 'one that does not answer is as it last was');
  measurements.gone(one as unknown as Member);
  members.delete(one as unknown as Member);
  t.same(await sums(), [13, 1], 'of one that has ended the counts stay, not what it held');
  for (let round = 0; round < 3; round++) {
    const next = new Worker(measurements, 1);
    members.add(next as unknown as Member);
    await sums();
    measurements.gone(next as unknown as Member);
    members.delete(next as unknown as Member);
  }
  t.same(await sums(), [16, 1]);
  t.equal((await measurements.all(members, 10)).length, 2, 'however many have ended: one sum');
  const unknown = new Worker(measurements, 0);
  measurements.gone(unknown as unknown as Member);
  measurements.told(other as unknown as Member, []);
  t.same(await sums(), [16, 1]);
});
