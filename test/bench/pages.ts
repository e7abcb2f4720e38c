/** Reports of a few lines, read as a browser would: elements, tables, cells. */
import { DOMParser, type Element } from '@xmldom/xmldom';
import { readSuites } from '../../bench/report/model.js';
import { reportPage } from '../../bench/report/page.js';
import type { Measurement, ResultLine, RunHeader } from '../../bench/support/results.js';

export const HEADER: RunHeader = {
  kind: 'run',
  suite: 'speed',
  date: '2025-11-21T10:50:00.000Z',
  machine: 'a machine',
  versions: { sluice: '1', nginx: '2' },
};

/** Parses what has to be XML; fails on the first thing that is not. */
export function parse(text: string): Element {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const document = parser.parseFromString(
    text.replace(/^<!DOCTYPE html>\s*/, '').replaceAll('&nbsp;', ' '),
    'text/xml',
  );
  return document.documentElement as Element;
}

export function all(root: Element, name: string): Element[] {
  return Array.from(root.getElementsByTagName(name));
}

export function textOf(element: Element): string {
  return element.textContent ?? '';
}

/** The cells of the row that begins with `head`, in the table whose caption begins with `caption`. */
export function cells(page: Element, caption: string, head: string): string[] | undefined {
  const table = all(page, 'table').find((each) =>
    textOf(all(each, 'caption')[0] as Element).startsWith(caption),
  );
  const row = table && all(table, 'tr').find((each) => textOf(each).trimStart().startsWith(head));
  return row && all(row, 'td').map(textOf);
}

export function measured(
  server: string,
  round: number,
  figures: Measurement['figures'],
  scenario = 's',
): Measurement {
  return { kind: 'measurement', scenario, server, round, figures };
}

export function page(lines: readonly ResultLine[]): Element {
  return parse(reportPage(readSuites(lines, 'speed')));
}
