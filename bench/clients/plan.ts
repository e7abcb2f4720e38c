/** What is asked for and what must come of it: data that goes to a client's process. */
import { type ContentRange, isPatternAt } from '../support/pattern.js';

/** A request and its answer. */
export interface PlannedRequest {
  readonly path: string;
  /** Fields by their names. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The status that the answer must have. */
  readonly status: number;
  /** The content that it must have; not looked at where absent. */
  readonly content?: ContentRange;
}

/** The request's octets, as text. */
export function requestText({ path, fields = {} }: PlannedRequest): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n`;
}

/** Holds one answer against its plan, octet by octet. */
export class Inspection {
  readonly #plan: PlannedRequest;
  octets = 0;
  #fault: string | undefined;

  constructor(plan: PlannedRequest) {
    this.#plan = plan;
  }

  status(status: number): void {
    if (status !== this.#plan.status) {
      this.#fault ??= `answered ${status} instead of ${this.#plan.status}`;
    }
  }

  content(bytes: Uint8Array): void {
    const at = this.octets;
    this.octets += bytes.length;
    const { content } = this.#plan;
    if (content === undefined || this.#fault !== undefined) return;
    if (!isPatternAt(content.position + at, bytes)) {
      this.#fault = `wrong content between octets ${at} and ${this.octets}`;
    }
  }

  /** What was wrong with the whole answer, if anything. */
  maybeFault(): string | undefined {
    const expected = this.#plan.content?.length;
    if (this.#fault === undefined && expected !== undefined && this.octets !== expected) {
      return `${this.octets} octets of content instead of ${expected}`;
    }
    return this.#fault;
  }
}
