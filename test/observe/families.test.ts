/** Values of several processes become one list. */
import t from 'tap';
import { type Family, lastingFamilies, sumFamilies } from '../../lib/observe/families.js';

function family(name: string, values: Family['values'], others: Partial<Family> = {}): Family {
  return { name, help: 'H.', type: 'counter', aggregator: 'sum', values, ...others };
}

t.test('equal samples are added, whatever the order of their labels', async (t) => {
  t.same(
    sumFamilies([
      [family('a', [{ value: 1, labels: { x: 'b', y: 'c' } }])],
      [],
      [
        family('a', [
          { value: 2, labels: { y: 'c', x: 'b' } },
          { value: 4, labels: { x: 'b' } },
        ]),
        family('only', [{ value: 8, labels: {} }]),
      ],
    ]),
    [
      family('a', [
        { value: 3, labels: { x: 'b', y: 'c' } },
        { value: 4, labels: { x: 'b' } },
      ]),
      family('only', [{ value: 8, labels: {} }]),
    ],
  );
  t.same(sumFamilies([]), []);
});

t.test('the series of a histogram are kept apart', async (t) => {
  const values = [
    { value: 1, labels: { le: 1 }, metricName: 'h_bucket' },
    { value: 2, labels: {}, metricName: 'h_sum' },
    { value: 3, labels: {}, metricName: 'h_count' },
  ];
  const one = family('h', values, { type: 'histogram' });
  t.same(
    sumFamilies([[one], [one]])[0]?.values.map(({ value }) => value),
    [2, 4, 6],
  );
});

t.test('the highest, where that is asked for', async (t) => {
  const lag = (value: number) =>
    family('lag', [{ value, labels: {} }], { type: 'gauge', aggregator: 'max' });
  t.equal(sumFamilies([[lag(1)], [lag(3)], [lag(2)]])[0]?.values[0]?.value, 3);
});

t.test('labels that look like one another are not the same', async (t) => {
  const values = [
    { value: 1, labels: { a: 'b","c":"d' } },
    { value: 1, labels: { a: 'b', c: 'd' } },
  ];
  t.equal(sumFamilies([[family('x', values)]])[0]?.values.length, 2);
});

t.test('what lasts when a process ends', async (t) => {
  const kinds = ['counter', 'gauge', 'histogram', 'summary'];
  t.same(
    lastingFamilies(kinds.map((type) => family(type, [], { type }))).map(({ type }) => type),
    ['counter', 'histogram'],
  );
});
