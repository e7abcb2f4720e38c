/** Listings for programs: an array, written as the entries come. */
import type { Entry } from '../../source/source.js';
import { isoTime, reference } from './text.js';
import type { Format, Writer } from './writer.js';

export const jsonFormat: Format = {
  type: 'application/json',
  fields: [],
  writer: () => new JsonWriter(),
};

class JsonWriter implements Writer {
  #separator = '\n';

  begin(): string {
    return '[';
  }

  entries(entries: readonly Entry[]): string {
    let text = '';
    for (const entry of entries) {
      text += this.#separator + JSON.stringify(toPlain(entry));
      this.#separator = ',\n';
    }
    return text;
  }

  end(): string {
    return '\n]\n';
  }
}

/** What is not known is null: every entry has the same members. */
function toPlain({ name, kind, size, modified }: Entry): Record<string, string | number | null> {
  const isFolder = kind === 'collection';
  return {
    name,
    kind: isFolder ? 'folder' : 'file',
    size: size ?? null,
    modified: isoTime(modified) ?? null,
    href: reference(name, isFolder),
  };
}
