/**
 * Loads by raw sockets on which every octet of every answer is compared: for downloads, for pages, and
 * to see before a run that a server answers as it must.
 */
import { Line } from './line.js';
import type { PlannedRequest } from './plan.js';
import { type LoadFigures, Tally } from './tally.js';

/** Requests over a number of connections. */
export interface CheckedLoad {
  readonly port: number;
  /** Asked for in turn, from the first again after the last. */
  readonly requests: readonly PlannedRequest[];
  readonly connections: number;
  /** So many in all; */
  readonly count?: number;
  /** or none begun any more after so many seconds, but one on each connection at least. */
  readonly seconds?: number;
  /** Milliseconds without an octet after which an answer has failed. */
  readonly timeout: number;
}

/** A page with what belongs to it, as browsers load it: twice. */
export interface VisitLoad {
  readonly port: number;
  /** The document first. */
  readonly page: readonly PlannedRequest[];
  /** Browsers at once. */
  readonly browsers: number;
  /** Connections of each. */
  readonly connections: number;
  readonly seconds: number;
  readonly timeout: number;
}

/** Figures, and how many octets an answer took with its head. */
export interface CheckedResult extends LoadFigures {
  readonly received: number;
}

/** The answers of a run after which it is given up: the rest would fail as well. */
const MAX_ERRORS = 20;

export async function run(load: CheckedLoad): Promise<CheckedResult> {
  const lines = Array.from(
    { length: Math.min(load.connections, load.count ?? load.connections) },
    () => new Line(load.port, load.timeout),
  );
  await Promise.all(lines.map((line) => line.connect()));
  const tally = new Tally();
  const end = performance.now() + (load.seconds ?? 0) * 1000;
  let begun = 0;
  let errors = 0;
  const goesOn = () =>
    errors < MAX_ERRORS &&
    (load.count === undefined
      ? begun < lines.length || performance.now() < end
      : begun < load.count);
  await Promise.all(
    lines.map(async (line) => {
      while (goesOn()) {
        const plan = load.requests[begun++ % load.requests.length] as PlannedRequest;
        const answer = await line.ask(plan);
        if (answer.fault !== undefined) errors++;
        tally.add(answer, plan.path);
      }
      line.close();
    }),
  );
  return { ...tally.figures(), received: tally.received };
}

/** First visits and second ones, with the validators of the first; a latency is that of a visit. */
export async function visit(load: VisitLoad): Promise<CheckedResult> {
  const tally = new Tally();
  const visits: number[] = [];
  const end = performance.now() + load.seconds * 1000;
  let errors = 0;
  const browser = async () => {
    do {
      const lines = Array.from(
        { length: load.connections },
        () => new Line(load.port, load.timeout),
      );
      let page = load.page;
      for (let turn = 0; turn < 2; turn++) {
        const begun = performance.now();
        const next: PlannedRequest[] = [];
        const ask = async (line: Line, plan: PlannedRequest) => {
          const answer = await line.ask(plan);
          if (answer.fault !== undefined) errors++;
          tally.add(answer, plan.path);
          const fields = validators((name) => answer.head?.field(name));
          // A server without validators is asked for everything again, as a browser would.
          next.push(fields === undefined ? plan : { path: plan.path, fields, status: 304 });
        };
        const [document, ...others] = page as [PlannedRequest, ...PlannedRequest[]];
        await ask(lines[0] as Line, document);
        await Promise.all(
          lines.map(async (line) => {
            for (let plan = others.shift(); plan !== undefined; plan = others.shift()) {
              await ask(line, plan);
            }
          }),
        );
        visits.push(performance.now() - begun);
        page = next;
      }
      for (const line of lines) line.close();
    } while (performance.now() < end && errors < MAX_ERRORS);
  };
  await Promise.all(Array.from({ length: load.browsers }, browser));
  return { ...tally.figures(visits), received: tally.received };
}

/** The fields with which a client asks whether what it has still holds: all that it was given. */
export function validators(
  field: (name: string) => string | undefined,
): Record<string, string> | undefined {
  const etag = field('etag');
  const modified = field('last-modified');
  if (etag === undefined && modified === undefined) return undefined;
  return {
    ...(etag === undefined ? {} : { 'If-None-Match': etag }),
    ...(modified === undefined ? {} : { 'If-Modified-Since': modified }),
  };
}
