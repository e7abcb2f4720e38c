/** Lets so many in at a time; the others wait in line, and hold nothing meanwhile. */
export class Turnstile {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Resolves once there is a place; {@link leave} must follow.
   * @param signal aborted, it has whoever waits go; what it rejects with is the reason, and no place was taken
   */
  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const come = (): void => {
        signal?.removeEventListener('abort', go);
        resolve();
      };
      const go = (): void => {
        this.#line.splice(this.#line.indexOf(come), 1);
        reject(signal?.reason);
      };
      this.#line.push(come);
      signal?.addEventListener('abort', go, { once: true });
    });
  }

  /** Gives the place to the next in line. */
  leave(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
