/**
 * Measured values as data, as they travel between processes and are added up over them. Knows neither
 * what was measured nor how it is shown.
 */

/** One value, and what it was counted by. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** Where one metric has several series, as a histogram has: the name of this one. */
  readonly metricName?: string;
}

/** A metric with its values. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** How values of several processes become one. */
  readonly aggregator: string;
  readonly values: readonly Sample[];
}

/** The families of several processes as one list; equal samples are added, or the highest is taken. */
export function sumFamilies(lists: Iterable<readonly Family[]>): Family[] {
  const sums = new Map<string, { family: Family; samples: Map<string, Sample> }>();
  for (const family of [...lists].flat()) {
    const sum = sums.get(family.name) ?? { family, samples: new Map<string, Sample>() };
    sums.set(family.name, sum);
    for (const sample of family.values) {
      const key = keyOf(sample);
      const known = sum.samples.get(key);
      sum.samples.set(key, known === undefined ? sample : join(family, known, sample));
    }
  }
  return [...sums.values()].map(({ family, samples }) => ({
    ...family,
    values: [...samples.values()],
  }));
}

/** What stays true of a process that has ended: what it counted. What it held is gone. */
export function lastingFamilies(families: readonly Family[]): Family[] {
  return families.filter(({ type }) => type === 'counter' || type === 'histogram');
}

function join({ aggregator }: Family, one: Sample, other: Sample): Sample {
  const value = aggregator === 'max' ? Math.max(one.value, other.value) : one.value + other.value;
  return { ...one, value };
}

function keyOf({ metricName = '', labels }: Sample): string {
  return JSON.stringify([metricName, Object.entries(labels).sort()]);
}
