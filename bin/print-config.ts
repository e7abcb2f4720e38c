/** What `--print-config` prints: each option, its value, and where that comes from; secrets are hidden. */
import type { Choices } from './choices.js';
import { convert, convertAll } from './options/convert.js';
import type { Option } from './options/option.js';
import { printable, printableJson } from './printable.js';

/** Stands for a value that is not to be seen. */
const HIDDEN = '(hidden)';

/** As a table for people or, with `json`, as one object for programs. */
export function printConfig(
  folder: string,
  options: readonly Option[],
  choices: Choices,
  json: boolean,
): string {
  const rows = options
    .filter(({ once }) => !once)
    .map((option) => {
      const { value, origin } = choices.get(option.name) ?? { value: undefined, origin: 'none' };
      const isHidden = option.secret && value !== undefined;
      return { option, name: option.name, value: isHidden ? HIDDEN : value, origin };
    });
  if (json) {
    const values = rows.map(({ option, name, value, origin }) => {
      return [name, { value: value === HIDDEN ? value : typed(option, value), from: origin }];
    });
    return `${printableJson({ folder, options: Object.fromEntries(values) })}\n`;
  }
  const table = [['folder', folder, ''], ...rows.map(cells)].map((row) => row.map(printable));
  const widths = [0, 1].map((column) =>
    Math.max(...table.map((row) => (row[column] as string).length)),
  );
  return table
    .map(([name = '', value = '', origin = '']) => {
      const line = `${name.padEnd(widths[0] as number)}  ${value.padEnd(widths[1] as number)}`;
      return `${`${line}  ${origin}`.trimEnd()}\n`;
    })
    .join('');
}

/** As programs take it: flags are true or false, sizes octets and times seconds. */
function typed(option: Option, value: unknown): unknown {
  if (value === undefined) return null;
  if (option.kind === 'flag') return String(value) === 'true';
  return option.repeatable ? convertAll(option, value) : convert(option, value);
}

function cells({
  name,
  value,
  origin,
}: {
  name: string;
  value: unknown;
  origin: string;
}): string[] {
  if (value === undefined) return [name, '-', ''];
  return [name, Array.isArray(value) ? value.join(', ') : String(value), origin];
}
