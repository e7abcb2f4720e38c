/**
 * How many requests an address may make: so many a second, and as many at once after a pause. What is
 * kept of an address is one number (the time at which its allowance is whole again), of a bounded
 * number of them. IPv6 clients have whole networks: those count by their first 64 bits.
 */
import { isIPv6 } from 'node:net';
import { errorResponse } from '../http/error-response.js';
import type { Response } from '../http/response.js';
import type { Handler } from '../site/handler.js';

/**
 * Addresses that are remembered. Beyond, those are forgotten that have been quiet the longest: who
 * has so many addresses is not held up by a limit for each.
 */
export const MOST_ADDRESSES = 10_000;

/** Counts requests by address. */
export class RateLimit {
  /** Milliseconds that a request takes of the allowance. */
  readonly #cost: number;
  /** The allowance: a second's. */
  readonly #burst: number;
  readonly #now: () => number;
  /** When the allowance of an address is whole again; the longest unused first. */
  readonly #whole = new Map<string, number>();

  /** @param rate requests per second @param now milliseconds */
  constructor(rate: number, now: () => number = () => performance.now()) {
    this.#cost = 1000 / rate;
    this.#burst = Math.max(1000, this.#cost);
    this.#now = now;
  }

  /** How many addresses are remembered. */
  get addresses(): number {
    return this.#whole.size;
  }

  /** Takes one request of an address: 0 when it may, else in how many milliseconds it might. */
  take(address: string): number {
    const now = this.#now();
    const key = networkOf(address);
    const whole = Math.max(now, this.#whole.get(key) ?? 0) + this.#cost;
    // A thousandth of a millisecond more or less is rounding.
    const over = whole - now - this.#burst;
    if (over > 0.001) return over;
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

/**
 * `handler` behind the limit: 429 with Retry-After (RFC 6585 §4) beyond it. What comes over a unix
 * socket has no address, and no limit.
 * @param refused completes that answer
 */
export function rateLimited(
  handler: Handler,
  limit: RateLimit,
  refused: (response: Response) => Response = (response) => response,
): Handler {
  return (request, context) => {
    const { remote } = context;
    const wait = remote === '' ? 0 : limit.take(remote);
    if (wait === 0) return handler(request, context);
    const seconds = Math.max(1, Math.ceil(wait / 1000));
    return refused(errorResponse(429, request.fields, ['Retry-After', `${seconds}`]));
  };
}
