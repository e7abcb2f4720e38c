/** Content-Type by file name, from mime-types (mime-db): `charset=utf-8` where the type is text. */
import mime from 'mime-types';

const byExtension = new Map<string, string>();
const MOST_REMEMBERED = 1000;
/** A longer slice would keep the head that it came in alive. */
const LONGEST_REMEMBERED = 12;
const UNKNOWN = 'application/octet-stream';

/** The value of Content-Type for a file of this name; unknown extensions are octet streams. */
export function contentType(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > name.lastIndexOf('/') ? name.slice(dot + 1).toLowerCase() : '';
  const known = byExtension.get(extension);
  if (known !== undefined) return known;
  const type = extension === '' ? UNKNOWN : mime.contentType(`x.${extension}`) || UNKNOWN;
  // Names come from requests: what is remembered of them is bounded.
  if (extension.length <= LONGEST_REMEMBERED && byExtension.size < MOST_REMEMBERED) {
    byExtension.set(extension, type);
  }
  return type;
}
