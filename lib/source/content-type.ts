/** Content-Type by file name, from mime-types (mime-db): `charset=utf-8` where the type is text. */
import mime from 'mime-types';

const byExtension = new Map<string, string>();
const MOST_REMEMBERED = 1000;
const UNKNOWN = 'application/octet-stream';

/** The value of Content-Type for a file of this name; unknown extensions are octet streams. */
export function contentType(name: string): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > name.lastIndexOf('/') ? name.slice(dot + 1).toLowerCase() : '';
  const known = byExtension.get(extension);
  if (known !== undefined) return known;
  const type = extension === '' ? UNKNOWN : mime.contentType(`x.${extension}`) || UNKNOWN;
  // Names come from requests: what is remembered of them is bounded.
  if (byExtension.size < MOST_REMEMBERED) byExtension.set(extension, type);
  return type;
}
