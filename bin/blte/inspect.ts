/** `serve blte inspect`: looks at a file, and prints the picture or JSON. */
import { MODE } from '../../lib/blte/chunk.js';
import { modeName } from '../../lib/blte/error.js';
import { PREFIX } from '../../lib/blte/header.js';
import { printable, printableJson } from '../printable.js';
import { hasColors } from '../terminal.js';
import type { Given } from './command.js';
import { Input } from './input.js';
import { type Inspection, inspection } from './inspection.js';
import { damage, picture } from './picture.js';
import { toStdout } from './stdout.js';
import { blamed } from './trouble.js';

/** Where nobody looks on: a line as in letters, and rows for one or two screens. */
const COLUMNS = 80;
const ROWS = 48;
/** Lines around the rows of chunks. */
const AROUND = 14;
const FEWEST_ROWS = 16;

/** @returns the exit code: 1 where something is wrong with the file, which is told on stderr, too */
export async function inspect({ operands, limits, has }: Given): Promise<number> {
  const input = await Input.open(operands[0] as string);
  let found: Inspection;
  try {
    found = await inspection(input, limits);
  } catch (error) {
    throw blamed(input.name, error);
  } finally {
    await input.close();
  }
  // Whoever has read enough closes the pipe.
  await toStdout(has('json') ? json(found) : drawn(found, has('all')));
  const [wrong] = damage(found);
  if (wrong === undefined) return 0;
  process.stderr.write(`serve: ${printable(found.name)}: ${wrong}; have it anew\n`);
  return 1;
}

function* drawn(found: Inspection, all: boolean): Generator<string> {
  const { stdout } = process;
  const rows = stdout.isTTY ? Math.max(FEWEST_ROWS, 2 * stdout.rows - AROUND) : ROWS;
  const canvas = {
    columns: stdout.isTTY ? stdout.columns : COLUMNS,
    rows: all ? Number.POSITIVE_INFINITY : rows,
    colors: hasColors(stdout),
  };
  const lines = picture({ ...found, name: printable(found.name) }, canvas);
  for (const line of lines) yield `${line}\n`;
}

/** One object, with a line for each chunk: there may be many. */
function* json(found: Inspection): Generator<string> {
  const { name, table, modes, keys, encodedSize } = found;
  // Of the form without a table only plain content shows its size.
  const size = modes[0] === MODE.plain ? encodedSize - PREFIX - 1 : undefined;
  const format = table && `0x${table.format.toString(16).padStart(2, '0')}`;
  const about = {
    file: name,
    form: table === undefined ? 'single' : 'table',
    format,
    headerSize: table?.headerSize ?? PREFIX,
    ekey: table?.ekey,
    size: table === undefined ? size : table.size,
    encodedSize,
    keys: [...keys.keys()],
    damage: damage(found),
  };
  yield `${printableJson(about).slice(0, -1)},"chunks":[\n`;
  const chunks = table ?? [
    { index: 0, offset: PREFIX, encodedSize: Math.max(0, encodedSize - PREFIX) },
  ];
  let comma = '';
  for (const { index, ...chunk } of chunks) {
    const mode = modes[index] as number;
    const { md5, decodedMd5, ...sizes } = { md5: undefined, decodedMd5: undefined, ...chunk };
    yield comma +
      JSON.stringify({
        index,
        mode: mode === 0 ? null : modeName(mode),
        ...sizes,
        md5: hex(md5),
        decodedMd5: hex(decodedMd5),
      });
    comma = ',\n';
  }
  yield '\n]}\n';
}

function hex(sum: Buffer | undefined): string | undefined {
  return sum?.toString('hex');
}
