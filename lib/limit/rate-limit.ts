/**
 * How often an address may do something: so many times a second, and so many at once after a pause. What is
 * kept of an address is one number (the time at which its allowance is whole again), of a bounded
 * number of them. IPv6 clients have whole networks: those count by their first 64 bits. Knows not what is done.
 */
import { isIPv6 } from 'node:net';

/**
 * Addresses that are remembered. Beyond, those are forgotten that have been quiet the longest: who
 * has so many addresses is not held up by a limit for each.
 */
export const MOST_ADDRESSES = 10_000;

/** Milliseconds: a thousandth more or less. */
const ROUNDING = 0.001;

/** Counts by address. */
export class RateLimit {
  /** Milliseconds that one time takes of the allowance. */
  readonly #cost: number;
  /** The allowance in milliseconds. */
  readonly #burst: number;
  readonly #now: () => number;
  /** When the allowance of an address is whole again; the longest unused first. */
  readonly #whole = new Map<string, number>();

  /**
   * @param rate times per second
   * @param now milliseconds
   * @param most times at once: those of a second, and one at least
   */
  constructor(
    rate: number,
    now: () => number = () => performance.now(),
    most: number = Math.max(rate, 1),
  ) {
    this.#cost = 1000 / rate;
    this.#burst = most * this.#cost;
    this.#now = now;
  }

  /** How many addresses are remembered. */
  get addresses(): number {
    return this.#whole.size;
  }

  /** In how many milliseconds an address may once more; 0: now. Takes nothing. */
  wait(address: string): number {
    if (this.#whole.size === 0) return 0;
    const whole = this.#whole.get(networkOf(address));
    const over = whole === undefined ? 0 : whole - this.#now() + this.#cost - this.#burst;
    return over > ROUNDING ? over : 0;
  }

  /** Takes one time of an address: 0 when it may, else in how many milliseconds it might. */
  take(address: string): number {
    const now = this.#now();
    const key = networkOf(address);
    const whole = Math.max(now, this.#whole.get(key) ?? 0) + this.#cost;
    const over = whole - now - this.#burst;
    if (over > ROUNDING) return over;
    this.#whole.delete(key);
    this.#whole.set(key, whole);
    if (this.#whole.size > MOST_ADDRESSES) this.#forget();
    return 0;
  }

  #forget(): void {
    const [oldest] = this.#whole.keys();
    if (oldest !== undefined) this.#whole.delete(oldest);
  }
}

/** What is counted as one: an IPv4 address, or an IPv6 network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [front = '', back] = (address.split('%')[0] as string).split('::');
  const groups = front === '' ? [] : front.split(':');
  if (back !== undefined) {
    const rest = back === '' ? [] : back.split(':');
    // The last group may be an IPv4 address, which is two.
    const width = rest.length + (rest.at(-1)?.includes('.') ? 1 : 0);
    while (groups.length + width < 8) groups.push('0');
    groups.push(...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
