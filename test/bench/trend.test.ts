/** The line through samples: a pure function, by table. */
import t from 'tap';
import type { Point } from '../../bench/support/sampler.js';
import { linearTrend, riseOfLows, secondHalf } from '../../bench/support/trend.js';

t.test('slope and rise', async (t) => {
  for (const [what, points, slope, rise] of [
    ['nothing', [], 0, 0],
    ['one point', [[5, 7]], 0, 0],
    [
      'two points at one time',
      [
        [5, 7],
        [5, 9],
      ],
      0,
      0,
    ],
    [
      'flat',
      [
        [0, 3],
        [10, 3],
        [20, 3],
      ],
      0,
      0,
    ],
    [
      'up',
      [
        [0, 1],
        [10, 21],
        [20, 41],
      ],
      2,
      40,
    ],
    [
      'down',
      [
        [0, 4],
        [10, 3],
        [40, 0],
      ],
      -0.1,
      -4,
    ],
    [
      'up and down again',
      [
        [0, 0],
        [10, 9],
        [20, 0],
      ],
      0,
      0,
    ],
    [
      'a jump counts by how long it lasts',
      [
        [0, 0],
        [10, 0],
        [20, 10],
        [30, 10],
      ],
      0.4,
      12,
    ],
    [
      'unevenly spaced',
      [
        [0, 0],
        [1, 1],
        [100, 100],
      ],
      1,
      100,
    ],
  ] as [string, Point[], number, number][]) {
    const trend = linearTrend(points);
    t.ok(Math.abs(trend.slope - slope) < 1e-9, `${what}: slope ${trend.slope}`);
    t.ok(Math.abs(trend.rise - rise) < 1e-9, `${what}: rise ${trend.rise}`);
  }
});

t.test('a saw that comes back is nearly flat, a saw that climbs is not', async (t) => {
  const saw = (climb: number): Point[] =>
    Array.from({ length: 1000 }, (_, index) => [index, (index % 50) * 1000 + index * climb]);
  t.ok(Math.abs(linearTrend(saw(0)).rise) < 5000);
  t.ok(linearTrend(saw(100)).rise > 95_000);
});

t.test('the second half is that of the time, not of the points', async (t) => {
  t.same(secondHalf([]), []);
  t.same(secondHalf([[3, 1]]), [[3, 1]]);
  const points: Point[] = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [50, 5],
    [100, 6],
  ];
  t.same(secondHalf(points), [
    [50, 5],
    [100, 6],
  ]);
});

t.test('what comes down again lifts no lows, what climbs does', async (t) => {
  const curve = (...values: readonly number[]): Point[] => values.map((value, i) => [i, value]);
  for (const [what, points, rise] of [
    ['nothing', [], 0],
    ['one point', curve(7), 0],
    ['flat', curve(3, 3, 3, 3), 0],
    ['a hump at the end', curve(3, 3, 3, 3, 9, 20), 0],
    ['a hump at the beginning', curve(20, 9, 3, 3, 3, 3), 0],
    ['steps', curve(3, 4, 5, 6, 7, 8), 3],
    ['a saw that climbs', curve(1, 9, 2, 10, 3, 11, 4, 12), 2],
    ['down', curve(8, 7, 6, 5), -2],
    ['what is in the middle is of the second half', curve(5, 1, 9), -4],
  ] as [string, Point[], number][]) {
    t.equal(riseOfLows(points), rise, what);
  }
});
