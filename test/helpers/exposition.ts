/** Reads the text that Prometheus reads, strictly: what it would not take is an error. */

/** One metric of an exposition. */
export interface Exposed {
  readonly type: string;
  readonly help: string;
  /** Series by name and labels as they stand there: `a_total{code="200"}`. */
  readonly samples: Map<string, number>;
  /** The names of all labels. */
  readonly labels: Set<string>;
}

const HELP = /^# HELP ([a-z_][a-z0-9_]*) (.+)$/;
const TYPE = /^# TYPE ([a-z_][a-z0-9_]*) (counter|gauge|histogram)$/;
const SAMPLE = /^(([a-z_][a-z0-9_]*)(?:\{((?:[a-z]+="[^"\\\n]*",?)+)\})?) ([0-9.e+-]+)$/;

/** @throws Error naming the line that does not belong where it stands */
export function parseExposition(text: string): Map<string, Exposed> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const all = new Map<string, Exposed>();
  let help: RegExpExecArray | null = null;
  let name = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const type = TYPE.exec(line);
    const sample = SAMPLE.exec(line);
    if (line.startsWith('# HELP')) {
      help = HELP.exec(line);
    } else if (type !== null) {
      name = type[1] as string;
      if (help?.[1] !== name || all.has(name)) throw new Error(`misplaced: ${line}`);
      all.set(name, {
        type: type[2] as string,
        help: help[2] as string,
        samples: new Map(),
        labels: new Set(),
      });
    } else {
      const exposed = all.get(name);
      const series = sample?.[2]?.replace(/_(?:bucket|sum|count)$/, '');
      if (exposed === undefined || (sample?.[2] !== name && series !== name)) {
        throw new Error(`misplaced: ${line}`);
      }
      const [, key, , labels = '', value] = sample as RegExpExecArray;
      if (exposed.samples.has(key as string)) throw new Error(`twice: ${line}`);
      if (Number.isNaN(Number(value))) throw new Error(`no number: ${line}`);
      exposed.samples.set(key as string, Number(value));
      for (const [, label] of labels.matchAll(/([a-z]+)="/g)) exposed.labels.add(label as string);
    }
  }
  return all;
}
