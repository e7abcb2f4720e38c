/** Entity tags (RFC 9110 §8.8.3): lists of them, the two ways to compare, and tags made of others. */
import { trimBlanks } from './grammar.js';

/*
 * entity-tag     = [ weak ] opaque-tag          weak = %s"W/"
 * opaque-tag     = DQUOTE *etagc DQUOTE         etagc = %x21 / %x23-7E / obs-text
 */
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
/** Blanks are matched in one way only: two ways would take quadratic time on a long run of them. */
const LIST_MEMBER = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y;

/** True when `text` is one entity tag, weak or strong. */
export function isEntityTag(text: string): boolean {
  return ENTITY_TAG.test(text);
}

/**
 * The value of If-Match or If-None-Match: `'*'`, or its entity tags.
 * @returns `undefined` when the value is malformed.
 */
export function parseEntityTags(value: string): '*' | string[] | undefined {
  if (trimBlanks(value) === '*') return '*';
  const tags: string[] = [];
  LIST_MEMBER.lastIndex = 0;
  // An etagc may be a comma, so the list can't be split at commas.
  while (LIST_MEMBER.lastIndex < value.length) {
    const tag = LIST_MEMBER.exec(value);
    if (tag === null) return undefined;
    if (tag[1] !== undefined) tags.push(tag[1]);
  }
  return tags;
}

/** Strong comparison (RFC 9110 §8.8.3.2): equal, and neither is weak. */
export function strongMatch(a: string, b: string): boolean {
  return a === b && !a.startsWith('W/');
}

/** Weak comparison (RFC 9110 §8.8.3.2): the opaque tags are equal. */
export function weakMatch(a: string, b: string): boolean {
  return opaque(a) === opaque(b);
}

/** The same in its weakness, with `suffix` at the end of its opaque tag: that of another representation. */
export function withSuffix(tag: string, suffix: string): string {
  return `${tag.slice(0, -1)}${suffix}"`;
}

/** The same as a weak one. */
export function weakened(tag: string): string {
  return tag.startsWith('W/') ? tag : `W/${tag}`;
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
