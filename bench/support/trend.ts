/** Which way a sampled value goes: a straight line through its points, by least squares; or its lows. */
import type { Point } from './sampler.js';

/** The line. */
export interface Trend {
  /** Per millisecond. */
  readonly slope: number;
  /** By how much the line rises over the time of the points. */
  readonly rise: number;
}

/** The trend of some points; of fewer than two, or all at one time, none: a slope of 0. */
export function linearTrend(points: readonly Point[]): Trend {
  const count = points.length;
  if (count < 2) return { slope: 0, rise: 0 };
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / count;
  const [meanTime, meanValue] = [mean(0), mean(1)];
  let covariance = 0;
  let variance = 0;
  for (const [time, value] of points) {
    covariance += (time - meanTime) * (value - meanValue);
    variance += (time - meanTime) ** 2;
  }
  if (variance === 0) return { slope: 0, rise: 0 };
  const slope = covariance / variance;
  const times = points.map(([time]) => time);
  return { slope, rise: slope * (Math.max(...times) - Math.min(...times)) };
}

/** The points of the second half of the time: what a process takes to warm up lies before. */
export function secondHalf(points: readonly Point[]): readonly Point[] {
  return halves(points)[1];
}

/**
 * How much higher the lowest value of the second half of the time is than that of the first. What a collector frees
 * again makes humps, which tilt a line where they last long; what leaks lifts the lows. 0 where a half has no points.
 */
export function riseOfLows(points: readonly Point[]): number {
  const [first, second] = halves(points).map((half) => half.map(([, value]) => value));
  if (!first?.length || !second?.length) return 0;
  return Math.min(...second) - Math.min(...first);
}

function halves(points: readonly Point[]): [readonly Point[], readonly Point[]] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [[], []];
  const middle = (first[0] + last[0]) / 2;
  return [points.filter(([time]) => time < middle), points.filter(([time]) => time >= middle)];
}
