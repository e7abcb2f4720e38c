/** HTML as a tagged template that escapes every value; only other such templates go in as they are. */

/** Markup that is escaped already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Value = Markup | string | number | undefined | readonly Value[];

/** Markup from a template; `undefined` is nothing, an array its parts one after the other. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  let text = strings[0] as string;
  values.forEach((value, i) => {
    text += toText(value) + strings[i + 1];
  });
  return new Markup(text);
}

/** Text as XML and HTML want it, in content and in quoted attributes. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Without control characters: they have no place in XML, escaped or not. */
export function printable(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '?');
}

function toText(value: Value): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  return escapeText(String(value));
}
