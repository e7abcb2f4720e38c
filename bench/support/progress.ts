/**
 * A progress bar for long measurements, on stderr, so that stdout holds the figures alone. Where
 * stderr is no terminal, plain lines instead, few of them. Knows nothing of what is measured.
 *
 *     const bar = startProgress('scaling', rounds * cases);
 *     bar.step('1 KiB, nginx'); // a step begins; it names what is under way
 *     bar.note('nginx is not installed'); // a line above the bar
 *     bar.stop(); // in a `finally`, and before anything goes to stdout
 */
import { SingleBar } from 'cli-progress';

/** Progress through a number of steps that is known beforehand. */
export interface Progress {
  /** A step begins, and with it the one before is done. */
  step(label: string): void;
  /** Says something without disturbing the bar. */
  note(text: string): void;
  /** The end; nothing is written afterwards. May be called twice. */
  stop(): void;
}

/** Where progress is written: stderr, or what a test puts in its place. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

/** At most this often a line where there is no terminal. */
const LINE_EVERY_MS = 5000;

/** Starts a bar of `total` steps. `now` is the clock, in milliseconds. */
export function startProgress(
  title: string,
  total: number,
  stream: ProgressStream = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  return stream.isTTY ? new Bar(title, total, stream) : new Lines(title, total, stream, now);
}

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #stream: ProgressStream;
  #begun = 0;
  #stopped = false;

  constructor(title: string, total: number, stream: ProgressStream) {
    this.#stream = stream;
    this.#bar = new SingleBar({
      stream: stream as NodeJS.WriteStream,
      format: `${title} {bar} {value}/{total}  {duration_formatted}, {eta_formatted} to go  {label}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      // A run that is broken off would leave the terminal without one.
      hideCursor: false,
      clearOnComplete: true,
      // A few times a second, so that drawing costs the measurement nothing.
      fps: 4,
      etaBuffer: 20,
      gracefulExit: false,
    });
    this.#bar.start(total, 0, { label: '' });
  }

  step(label: string): void {
    if (this.#stopped) return;
    this.#bar.update(this.#begun++, { label });
  }

  note(text: string): void {
    if (this.#stopped) return;
    // Over the bar, which is drawn anew below.
    this.#stream.write(`\r\u001b[K${text}\n`);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#bar.stop();
  }
}

class Lines implements Progress {
  readonly #title: string;
  readonly #total: number;
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #begun = 0;
  #last: number | undefined;
  #stopped = false;

  constructor(title: string, total: number, stream: ProgressStream, now: () => number) {
    this.#title = title;
    this.#total = total;
    this.#stream = stream;
    this.#now = now;
  }

  step(label: string): void {
    if (this.#stopped) return;
    const done = this.#begun++;
    const time = this.#now();
    if (this.#last !== undefined && time - this.#last < LINE_EVERY_MS) return;
    this.#last = time;
    this.#stream.write(`${this.#title}: ${done}/${this.#total}, ${label}\n`);
  }

  note(text: string): void {
    if (!this.#stopped) this.#stream.write(`${text}\n`);
  }

  stop(): void {
    this.#stopped = true;
  }
}
