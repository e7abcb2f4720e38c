/**
 * What a benchmark writes down: one JSON object a line, the same for every suite, so that tables,
 * charts and comparisons need not know what was measured. Knows neither servers nor clients.
 */
import fs from 'node:fs';

/** A kind of figure. */
export interface Metric {
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** What can be measured. */
export type MetricName =
  | 'requestsPerSecond'
  | 'bytesPerSecond'
  | 'cpuPerRequest'
  | 'cpuPerGigabyte'
  | 'p50'
  | 'p99'
  | 'timeToFirstByte'
  | 'startToReady'
  | 'rssPeak'
  | 'rssGrowth'
  | 'rssPerClient'
  | 'heap'
  | 'external'
  | 'descriptors'
  | 'errors';

/** How each is named and in which unit, and which way is better. */
export const METRICS: Readonly<Record<MetricName, Metric>> = {
  requestsPerSecond: { label: 'requests', unit: '/s', better: 'more' },
  bytesPerSecond: { label: 'throughput', unit: 'B/s', better: 'more' },
  cpuPerRequest: { label: 'CPU per request', unit: 'µs', better: 'less' },
  cpuPerGigabyte: { label: 'CPU per GB', unit: 's', better: 'less' },
  p50: { label: 'p50', unit: 'ms', better: 'less' },
  p99: { label: 'p99', unit: 'ms', better: 'less' },
  timeToFirstByte: { label: 'time to first byte', unit: 'ms', better: 'less' },
  startToReady: { label: 'start to ready', unit: 'ms', better: 'less' },
  rssPeak: { label: 'RSS, peak', unit: 'B', better: 'less' },
  rssGrowth: { label: 'RSS over idle', unit: 'B', better: 'less' },
  rssPerClient: { label: 'RSS per client', unit: 'B', better: 'less' },
  heap: { label: 'heap', unit: 'B', better: 'less' },
  external: { label: 'external', unit: 'B', better: 'less' },
  descriptors: { label: 'descriptors after', unit: '', better: 'less' },
  errors: { label: 'errors', unit: '', better: 'less' },
};

export type Figures = Readonly<Partial<Record<MetricName, number>>>;

/** With what a run was made: the first line of its file. */
export interface RunHeader {
  readonly kind: 'run';
  readonly suite: string;
  /** ISO 8601. */
  readonly date: string;
  /** As {@link describeMachine} in machine.ts says it. */
  readonly machine: string;
  /** Each server's version, by its name. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What a scenario is called; before the first of its measurements. */
export interface ScenarioHeader {
  readonly kind: 'scenario';
  readonly id: string;
  readonly title: string;
  /** For a scaling law: what varies, such as `connections`. */
  readonly axis?: string;
  /** The servers that were to take part, where that is not everybody. */
  readonly contestants?: readonly string[];
  /** Figures that a document predicted, by server or mode, for comparison. */
  readonly predicted?: Readonly<Record<string, Figures>>;
}

/** One server, once, in one scenario. */
export interface Measurement {
  readonly kind: 'measurement';
  readonly scenario: string;
  readonly server: string;
  /** The load generator, where the figures depend on it. */
  readonly generator?: string;
  /** Counted from 1. */
  readonly round: number;
  /** Where on the axis, for a scaling law. */
  readonly at?: number;
  readonly figures: Figures;
}

/** Resident memory over time, sampled from outside. */
export interface Series {
  readonly kind: 'series';
  readonly scenario: string;
  readonly server: string;
  /** Milliseconds since the start of the scenario, and octets. */
  readonly points: readonly (readonly [milliseconds: number, octets: number])[];
}

/** A line of a results file. */
export type ResultLine = RunHeader | ScenarioHeader | Measurement | Series;

/** Reads a results file. @throws Error naming the file, and the line that can't be read */
export function readResults(file: string): ResultLine[] {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is none' : cause;
    throw new Error(`${file} can't be read: ${reason}; name a file that a bench wrote`, { cause });
  }
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as ResultLine];
    } catch (cause) {
      throw new Error(`${file}, line ${index + 1}: not JSON; run the benchmark again`, { cause });
    }
  });
}

/** Appends lines to a results file as they come, so that an interrupted run keeps what it has. */
export class ResultsFile {
  readonly path: string;
  readonly lines: ResultLine[] = [];

  constructor(path: string, header: RunHeader) {
    this.path = path;
    fs.writeFileSync(path, '');
    this.write(header);
  }

  write(line: ResultLine): void {
    this.lines.push(line);
    fs.appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}
