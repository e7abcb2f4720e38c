/** From what was given for an option to its value. */
import { MOST_WORKERS } from '../../lib/cluster/budget.js';
import { type Option, UsageError } from './option.js';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
]);

/**
 * The value of an option: sizes in octets, times in seconds.
 * @param place what to call the option in a complaint: where its value stands
 * @throws UsageError naming the place, what was given and what it takes
 */
export function convert(option: Option, given: unknown, place?: string): number | string {
  const { name, kind, choices } = option;
  const named = place ?? `--${name}`;
  if (Array.isArray(given)) throw new UsageError(`${named} is given more than once; give it once`);
  const text = String(given);
  const shown = text === '' ? "''" : option.secret ? '…' : text;
  const complain = (takes: string): UsageError =>
    new UsageError(`${named} ${shown} can't be used; it takes ${takes}`);
  if (kind === 'text') {
    if (text === '') throw complain('a value');
    return text;
  }
  if (kind === 'workers') {
    if (text === 'auto') return text;
    if (!/^[0-9]{1,4}$/.test(text) || Number(text) < 1 || Number(text) > MOST_WORKERS) {
      throw complain(`a whole number from 1 to ${MOST_WORKERS}, or auto`);
    }
    return Number(text);
  }
  if (choices !== undefined) {
    if (!choices.includes(text)) throw complain(listed(choices));
    return text;
  }
  if (kind === 'seconds') {
    if (!/^[0-9]+(\.[0-9]+)?$/.test(text) || Number(text) > MOST_SECONDS) {
      throw complain(`seconds, from 0 to ${MOST_SECONDS}`);
    }
    return Number(text);
  }
  if (kind === 'rate' && /\/s$/.test(text)) {
    return convert({ ...option, kind: 'size' }, text.slice(0, -'/s'.length));
  }
  const isSize = kind === 'size' || kind === 'rate';
  const match = /^([0-9]{1,12})(?:([kmg])(?:i?b)?|b)?$/i.exec(text);
  const unit = UNITS.get(match?.[2]?.toLowerCase() ?? '') ?? 1;
  const value = Number(match?.[1]) * unit;
  const isExact = value <= Number.MAX_SAFE_INTEGER;
  if (!isExact || (!isSize && !/^[0-9]+$/.test(text))) {
    throw complain(
      isSize
        ? 'octets, such as 65536, 64k or 1m'
        : kind === 'port'
          ? A_PORT
          : 'a whole number from 0 up',
    );
  }
  if (kind === 'port' && value > MOST_PORT) throw complain(A_PORT);
  return value;
}

/** The highest that there is. */
const MOST_PORT = 65_535;

const A_PORT = `a port, from 0 to ${MOST_PORT}`;

/** As a sentence has them: `pretty, combined or json`. */
function listed(names: readonly string[]): string {
  return names.join(', ').replace(/, (?=[^,]*$)/, ' or ');
}

/** The values of an option that may be given several times; none where it is not given. */
export function convertAll(option: Option, given: unknown, place?: string): (number | string)[] {
  if (given === undefined) return [];
  return [given].flat().map((one) => convert(option, one, place));
}

/**
 * The value of a flag that is given in words.
 * @throws UsageError naming the place, what was given and what it takes
 */
export function convertFlag(given: unknown, place: string): boolean {
  const text = String(given).toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  throw new UsageError(`${place} ${text || "''"} can't be used; it takes true or false`);
}

/** A year: beyond what any timeout or lifetime is good for. */
const MOST_SECONDS = 31_536_000;
