/** How V8 is told to keep the memory of a process that serves. What node itself was told counts instead. */
import { PerformanceObserver } from 'node:perf_hooks';
import v8 from 'node:v8';

/**
 * V8 lets the young generation grow to 32 MB under load, from Node 24 on to 128 MB, whatever lives in it: some
 * 150 KB here. With two semi-spaces of 4 MB a worker with 50 downloads at full speed stays 17 MB smaller and is no
 * slower. With 2 MB it would be 4 MB smaller at first, and grow by 80 KB a second: what waits for a slow client
 * lives through the more collections, the more often there is one.
 */
const SEMI_SPACE = 4;
const YOUNG_GENERATION = `--max-semi-space-size=${SEMI_SPACE}`;

/** What a process that runs can be told in its place: V8 looks at it each time it would let semi-spaces grow. */
const GROWTH = '--semi-space-growth-factor';
const USUAL_GROWTH = 2;

/**
 * What V8 saw live through collections of the young generation it allocates in the old one from then on, where only
 * a full collection finds it: with slow clients, all that waits for their sockets. 20 that take 10 MB/s each grew by 1 MB
 * of garbage a second in two processes of three.
 */
const NO_PRETENURING = '--no-allocation-site-pretenuring';

/** Options of node for a worker, before those that its supervisor was started with. */
export function workerOptions(): string[] {
  return [YOUNG_GENERATION, NO_PRETENURING].filter(isUnsaid);
}

/**
 * Tells V8 what it can still be told in a process that runs, and lets its young generation grow to about what workers
 * have: what is collected in one turn of the event loop is not seen before its end. To be called once what it needs is
 * loaded: under other options node has to compile its own modules, which its cache has for the default ones. That costs
 * a worker 5 ms.
 */
export function tuneMemory(): void {
  if (isUnsaid(NO_PRETENURING)) v8.setFlagsFromString(NO_PRETENURING);
  if (!isUnsaid(YOUNG_GENERATION) || !isUnsaid(GROWTH)) return;
  let factor = USUAL_GROWTH;
  // It changes in collections only: a timer would wake what is idle. V8 makes it small again when nothing happens.
  new PerformanceObserver(() => {
    const wanted = youngGeneration() < 2 * SEMI_SPACE * 1024 ** 2 ? USUAL_GROWTH : 1;
    if (wanted === factor) return;
    factor = wanted;
    v8.setFlagsFromString(`${GROWTH}=${factor}`);
  }).observe({ entryTypes: ['gc'] });
}

/** Octets of both semi-spaces. */
export function youngGeneration(): number {
  const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return space?.space_size ?? 0;
}

/** Whether nobody told node otherwise, on its command line or by NODE_OPTIONS. */
function isUnsaid(option: string): boolean {
  const name = option.replace(/^--(?:no-)?|=.*$/g, '');
  const said = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ').replaceAll('_', '-');
  return !said.includes(name);
}
