/**
 * Large downloads under way as rows of text: who, what, how far, how fast. Pure but for what it remembers of
 * the last look; knows neither the terminal nor the server.
 */
import { quotable, size } from '../lib/observe/access-log.js';
import type { ExchangeProgress } from '../lib/server/exchange.js';

/** Smaller ones are over before anybody has read their row. */
const SMALLEST = 1_048_576;

/** How much of a speed comes from the last look: the rest is what it was before. */
const SMOOTHING = 0.3;

/** What is remembered of a download. */
interface Known {
  readonly sent: number;
  readonly time: number;
  /** Octets per second; `undefined` at the first look. */
  readonly speed: number | undefined;
}

/** The rows of one look after the other. */
export class Transfers {
  #known: ReadonlyMap<string, Known> = new Map();

  /**
   * @param now milliseconds
   * @param columns most characters of a row
   * @param most rows; where there are more downloads the last one says how many
   */
  rows(
    exchanges: readonly ExchangeProgress[],
    now: number,
    columns: number,
    most: number,
  ): string[] {
    const large = exchanges.filter(({ sent, total }) => (total ?? sent) >= SMALLEST);
    const known = new Map(large.map((each) => [each.id, this.#look(each, now)]));
    this.#known = known;
    const lines = large
      .map((each) => ({ each, speed: known.get(each.id)?.speed }))
      .flatMap(({ each, speed }) => (speed === undefined ? [] : [row(each, speed, columns)]));
    if (lines.length <= most) return lines;
    const rest = lines.length - most + 1;
    return [...lines.slice(0, most - 1), `  and ${rest} more`.slice(0, columns)];
  }

  #look({ id, sent }: ExchangeProgress, time: number): Known {
    const before = this.#known.get(id);
    if (before === undefined) return { sent, time, speed: undefined };
    if (time <= before.time) return before;
    const speed = ((sent - before.sent) / (time - before.time)) * 1000;
    const { speed: old = speed } = before;
    return { sent, time, speed: old + SMOOTHING * (speed - old) };
  }
}

/** Of a bar where there is room; where there is not it is the first thing that shrinks. */
const BAR = 16;
const SHORTEST_BAR = 4;

/** What is left to a name. */
const SHORTEST_NAME = 8;

/** Most characters of a target that are looked at. */
const LONGEST_NAME = 300;

function row(exchange: ExchangeProgress, speed: number, columns: number): string {
  const { remote, target, sent, total } = exchange;
  // What was sent counts the head; nothing is more than whole.
  const part = total === undefined ? undefined : Math.min(1, sent / Math.max(1, total));
  const far =
    part === undefined || total === undefined
      ? size(sent)
      : `${`${Math.floor(part * 100)}`.padStart(3)} %  ${size(Math.min(sent, total))} of ${size(total)}`;
  const rest = total === undefined ? undefined : Math.max(0, total - sent);
  const left = rest === undefined || speed < 1 ? '' : `  ${span(rest / speed)} left`;
  const plain = `  ${far}  ${size(Math.max(0, speed))}/s${left}`;
  const address = `  to ${quotable(remote || '-', 60)}`;
  // The numbers are what one looks for: the bar is shortened first, then the name, then who.
  const beside = columns - 2 - plain.length;
  const who = beside - address.length >= SHORTEST_NAME ? address : '';
  const length = Math.min(BAR, beside - who.length - SHORTEST_NAME - '  []'.length);
  const bars = part !== undefined && length >= SHORTEST_BAR ? `  ${bar(part, length)}` : '';
  const numbers = bars === '' ? plain : `${bars} ${plain.slice(2)}`;
  const room = Math.max(SHORTEST_NAME, columns - numbers.length - who.length - 2);
  // Of a long one the end says most.
  const name = quotable(target.slice(-LONGEST_NAME), LONGEST_NAME);
  const shown = name.length > room ? `...${name.slice(name.length - room + 3)}` : name.padEnd(room);
  return `  ${shown}${numbers}${who}`.slice(0, columns);
}

function bar(part: number, length: number): string {
  const full = Math.round(part * length);
  return `[${'='.repeat(full)}${' '.repeat(length - full)}]`;
}

function span(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return whole < 360_000
    ? `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
    : 'long';
}
