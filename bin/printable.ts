/** Texts of others on a terminal: what they name may not steer it, nor read other than it is. */

/**
 * C0 and C1 control characters, line separators, and what changes the direction of writing: a name with one
 * of those could move the cursor, make a line of its own or show another ending than it has.
 */
const STEERING = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff]/g;

/** One line without anything that steers a terminal. */
export function printable(text: string): string {
  return text.replace(STEERING, '?');
}

/** One line of JSON in which all of that is escaped: programs read what was there, and a terminal shows it. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    STEERING,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
