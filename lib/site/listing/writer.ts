/** What a format makes of a listing: text that is written in parts, as the entries come. */
import type { Entry, ResourcePath } from '../../source/source.js';
import type { Overflow } from './gather.js';
import type { Order } from './order.js';

/** What is listed, and how. */
export interface View {
  readonly path: ResourcePath;
  readonly order: Order;
  /** Why it is in no order; `undefined`: it is in order. */
  readonly overflow: Overflow | undefined;
  /** Most entries that are sorted. */
  readonly maxSorted: number;
}

/** Writes one listing. */
export interface Writer {
  begin(): string;
  entries(entries: readonly Entry[]): string;
  end(): string;
}

/** A format of listings. */
export interface Format {
  /** The value of Content-Type. */
  readonly type: string;
  /** Further field lines, name and value in turn. */
  readonly fields: readonly string[];
  writer(view: View): Writer;
}
