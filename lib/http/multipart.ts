/** The frame of a `multipart/byteranges` body (RFC 9110 §14.6): what stands between the parts. */
import { type ByteRange, contentRange, rangeLength } from './range.js';

/** A multipart body: text and ranges in turn, and how long it all is. */
export interface MultipartPlan {
  /** The value of Content-Type. */
  readonly type: string;
  /** The exact length of the body in octets. */
  readonly length: number;
  /** Delimiters and part heads as bytes, and the ranges between them. */
  readonly pieces: readonly (Buffer | ByteRange)[];
}

/**
 * Plans a multipart/byteranges body.
 * @param partType the Content-Type of the representation, repeated in each part
 * @param boundary unpredictable, so that no content can hold it by design (RFC 2046 §5.1.1)
 */
export function planMultipart(
  ranges: readonly ByteRange[],
  size: number,
  partType: string,
  boundary: string,
): MultipartPlan {
  const pieces: (Buffer | ByteRange)[] = [];
  let length = 0;
  let delimiter = `--${boundary}\r\n`;
  for (const range of ranges) {
    const head = `${delimiter}Content-Type: ${partType}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`;
    pieces.push(Buffer.from(head, 'latin1'), range);
    length += head.length + rangeLength(range);
    delimiter = `\r\n--${boundary}\r\n`;
  }
  const end = `\r\n--${boundary}--\r\n`;
  pieces.push(Buffer.from(end, 'latin1'));
  return {
    type: `multipart/byteranges; boundary=${boundary}`,
    length: length + end.length,
    pieces,
  };
}
