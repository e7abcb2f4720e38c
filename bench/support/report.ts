/** Figures as text: numbers of a length people can read, and tables. */
import { median, spread } from './statistics.js';

/** Three significant digits or whole thousands, such as `0.61`, `15,900` or `121,000`. */
export function figure(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
}

/** The median of rounds with their spread, such as `15,900 ±4 %`. */
export function rounds(values: readonly number[]): string {
  if (values.length === 1) return figure(median(values));
  return `${figure(median(values))} ±${Math.round(spread(values) * 50)} %`;
}

/** Octets in the unit that fits. */
export function octets(value: number): string {
  if (Math.abs(value) >= 1e9) return `${figure(value / 1e9)} GB`;
  if (Math.abs(value) >= 1e6) return `${figure(value / 1e6)} MB`;
  return `${figure(value / 1e3)} KB`;
}

/** Prints a table, first column to the left, the others to the right. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  print(line(header));
  print(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows) print(line(row));
}

/** Prints a line on stdout. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Tells on stderr what is under way, so that stdout holds the figures alone. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
