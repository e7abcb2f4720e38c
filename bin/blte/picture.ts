/**
 * A BLTE file as a picture of text: a row for each chunk, or for some that follow each other, with a bar that
 * stands for its content, the dark part of which is what is stored. Pure.
 */
import { styleText } from 'node:util';
import { isMode, MODE } from '../../lib/blte/chunk.js';
import { modeName } from '../../lib/blte/error.js';
import { PREFIX } from '../../lib/blte/header.js';
import { size } from '../../lib/observe/access-log.js';
import type { Inspection } from './inspection.js';

/** What it is drawn on. */
export interface Canvas {
  readonly columns: number;
  /** Most rows of chunks. */
  readonly rows: number;
  readonly colors: boolean;
}

/** Chunks that share a row. */
interface Group {
  readonly first: number;
  readonly last: number;
  readonly modes: string;
  readonly content: number;
  readonly stored: number;
}

type Color = Parameters<typeof styleText>[0];

const COLORS: Readonly<Record<string, Color>> = {
  N: 'blue',
  Z: 'green',
  4: 'cyan',
  F: 'yellow',
  E: 'magenta',
};

/** Fewest characters of a bar. */
const SHORTEST_BAR = 8;
/** A bar is not easier to read for being longer. */
const LONGEST_BAR = 72;
/** A mode octet, or what zlib adds where nothing can be saved, is no loss worth a sign. */
const OVERHEAD = 1.005;
/** Modes that a row names. */
const MOST_MODES = 5;
/** How many chunks share a row: 1, 2, 5, 10, 20 and so on. */
const STEPS = [1, 2, 5];

/** The lines of the picture, with what is wrong with the file in the last ones. */
export function picture(found: Inspection, canvas: Canvas): string[] {
  const groups = grouped(found, canvas.rows);
  return [
    ...heading(found),
    '',
    ...table(groups, canvas),
    '',
    ...totals(found, canvas),
    ...damage(found).map((line) => paint(`damaged: ${line}`, 'red', canvas)),
  ];
}

/** What is wrong with the file, as far as the header and the modes tell; empty: nothing. */
export function damage(found: Inspection): string[] {
  return [...wrongSize(found), ...wrongMode(found)];
}

/** The first of the modes that there are not; 0 stands for a chunk that is not there. */
function wrongMode({ modes }: Inspection): string[] {
  const index = modes.findIndex((mode) => mode !== 0 && !isMode(mode));
  if (index < 0) return [];
  return [`chunk ${index}: there is no mode ${modeName(modes[index] as number)}`];
}

function wrongSize({ table, encodedSize, modes }: Inspection): string[] {
  if (table === undefined) return modes[0] === 0 ? ['it has no chunk, not even its mode'] : [];
  const size = table.encodedSize;
  if (encodedSize === size) return [];
  if (encodedSize > size) {
    return [`it goes on behind its last chunk: it has ${octets(encodedSize)} instead of ${size}`];
  }
  const cut = [...table].find(({ offset, encodedSize: own }) => offset + own > encodedSize);
  return [`it ends within chunk ${cut?.index}, after ${octets(encodedSize)} of ${size}`];
}

function heading({ name, table, encodedSize }: Inspection): string[] {
  if (table === undefined) {
    const content = `${size(Math.max(0, encodedSize - PREFIX))} in one chunk`;
    return [`${name}: ${content}, without a table: no sizes, no checksums, no EKey in it`];
  }
  const chunks = table.count === 1 ? '1 chunk' : `${table.count} chunks`;
  const sizes = `${size(table.size)} -> ${size(table.encodedSize)}`;
  const format = `0x${table.format.toString(16).padStart(2, '0')}`;
  return [
    `${name}: ${chunks}, ${sizes} (${percent(table.encodedSize, table.size)})`,
    `EKey ${table.ekey}, table ${format}, header ${octets(table.headerSize)}`,
  ];
}

function grouped({ table, modes, encodedSize }: Inspection, rows: number): Group[] {
  if (table === undefined) {
    const stored = Math.max(0, encodedSize - PREFIX);
    // Only of plain content is it known how much it is.
    const content = modes[0] === MODE.plain ? stored - 1 : Number.NaN;
    return [{ first: 0, last: 0, modes: letters(modes), content, stored }];
  }
  const step = stepOf(table.count, rows);
  const groups: Group[] = [];
  for (let first = 0; first < table.count; first += step) {
    const last = Math.min(first + step, table.count) - 1;
    let content = 0;
    let stored = 0;
    for (const chunk of table.between(first, last)) {
      content += chunk.decodedSize;
      stored += chunk.encodedSize;
    }
    groups.push({ first, last, modes: letters(modes.subarray(first, last + 1)), content, stored });
  }
  return groups;
}

function stepOf(count: number, rows: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const step of STEPS) if (Math.ceil(count / (step * unit)) <= rows) return step * unit;
  }
}

/** The modes of some chunks, each once, in order of appearance. */
function letters(modes: Uint8Array): string {
  const different = [...new Set(modes)];
  const names = different.slice(0, MOST_MODES).map((mode) => letter(mode));
  return names.join('') + (different.length > MOST_MODES ? '+' : '');
}

function letter(mode: number): string {
  if (mode === 0) return '-';
  const name = modeName(mode);
  return name.length === 1 ? name : '?';
}

function table(groups: readonly Group[], canvas: Canvas): string[] {
  const rows = groups.map(({ first, last, modes, content, stored }) => [
    first === last ? String(first) : `${first}-${last}`,
    modes,
    Number.isNaN(content) ? '?' : size(content),
    size(stored),
    percent(stored, content),
  ]);
  const head = ['chunk', 'mode', 'content', 'stored', 'ratio'];
  // Not by spreading: there may be more rows than a call takes arguments.
  const widths = head.map((name, at) =>
    rows.reduce((most, row) => Math.max(most, (row[at] as string).length), name.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) =>
        at === 1 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number),
      )
      .join('  ');
  const numbers = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = Math.min(LONGEST_BAR, Math.max(SHORTEST_BAR, canvas.columns - numbers));
  return [
    line(head),
    ...groups.map((group, at) =>
      `${line(rows[at] as string[])}  ${bar(group, room, canvas)}`.trimEnd(),
    ),
    '',
    `${DARK} stored  ${LIGHT} saved  ${OVER} more is stored than there is content`,
  ];
}

const DARK = '█';
const LIGHT = '░';
const OVER = '▒';
/** Eighths of a dark character. */
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** Of `room` characters, where it is known how much content there is, and there is some. */
function bar({ content, stored, modes }: Group, room: number, canvas: Canvas): string {
  if (!(content > 0)) return '';
  if (stored > OVERHEAD * content) {
    return paint(DARK.repeat(room - 1), COLORS[modes], canvas) + paint(OVER, 'red', canvas);
  }
  const eighths = Math.min(room * 8, Math.max(1, Math.round((stored / content) * room * 8)));
  const dark = DARK.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] as string);
  return paint(dark, COLORS[modes], canvas) + LIGHT.repeat(room - Math.ceil(eighths / 8));
}

function totals({ table, modes, keys }: Inspection, canvas: Canvas): string[] {
  const sums = new Map<number, { chunks: number; content: number; stored: number }>();
  for (const { index, decodedSize, encodedSize } of table ?? []) {
    const mode = modes[index] as number;
    const sum = sums.get(mode) ?? { chunks: 0, content: 0, stored: 0 };
    sum.chunks++;
    sum.content += decodedSize;
    sum.stored += encodedSize;
    sums.set(mode, sum);
  }
  const lines = [...sums].map(([mode, { chunks, content, stored }]) => {
    const name = `${letter(mode)} ${meaning(mode)}`;
    const count = chunks === 1 ? '1 chunk' : `${chunks} chunks`;
    const sizes = `${size(content)} -> ${size(stored)} (${percent(stored, content)})`;
    return paint(`${name}: ${count}, ${sizes}`, COLORS[letter(mode)], canvas);
  });
  const needed = [...keys].map(
    ([key, count]) => `key ${key}: ${count === 1 ? '1 chunk' : `${count} chunks`}`,
  );
  return table === undefined
    ? [`${letter(modes[0] ?? 0)} ${meaning(modes[0] ?? 0)}`, ...needed]
    : [...lines, ...needed];
}

function meaning(mode: number): string {
  switch (mode) {
    case MODE.plain:
      return 'plain';
    case MODE.zlib:
      return 'zlib';
    case MODE.lz4:
      return 'LZ4';
    case MODE.frame:
      return 'a file in a chunk';
    case MODE.encrypted:
      return 'encrypted';
    case 0:
      return 'not there';
    default:
      return `unknown, ${modeName(mode)}`;
  }
}

function paint(text: string, color: Color | undefined, { colors }: Canvas): string {
  // Who asks has looked whether there is a terminal.
  return !colors || color === undefined || text === ''
    ? text
    : styleText(color, text, { validateStream: false });
}

function octets(count: number): string {
  return count === 1 ? '1 octet' : `${count} octets`;
}

/** A part of a whole, for people: `7.5 %`, `32 %`; `-` where there is no whole. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0)) return '-';
  const value = (100 * part) / whole;
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}
