/**
 * Something that must not run twice at the same time, and must run once more when it is asked for
 * meanwhile: what was asked late may have been missed. Knows nothing of what it runs.
 */

/** Runs an action, one run at a time; requests during a run share the one after it. */
export class OneMore {
  readonly #action: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(action: () => Promise<void>) {
    this.#action = action;
  }

  /** Settles as the run does that began after this call. */
  run(): Promise<void> {
    if (this.#running !== undefined) {
      this.#next ??= this.#running
        .catch(() => {})
        .then(() => {
          this.#next = undefined;
          return this.run();
        });
      return this.#next;
    }
    this.#running = this.#action().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
