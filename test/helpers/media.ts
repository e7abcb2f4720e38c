/** Sound and video that tell by themselves which part is played: made here, octet by octet. */

/** A sound: 16 bits, one channel. In each tenth of it the signal rests at another level, see {@link levelIn}. */
export function sound(seconds: number, rate: number): Buffer {
  const size = seconds * rate * 2;
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  // PCM, one channel.
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(size, 40);
  const samples = new Int16Array(size / 2);
  const tenth = samples.length / 10;
  for (let index = 0; index < 10; index++) {
    samples.fill(levelIn(index) * 32_768, index * tenth, (index + 1) * tenth);
  }
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

/** The level in a tenth of a {@link sound}, counted from 0; full is 1. */
export function levelIn(tenth: number): number {
  return (tenth - 5) / 8;
}

/** A picture of a {@link video}: WebP, lossy, which is a key frame of VP8 (RFC 9649 §2.5). */
export type Picture = Uint8Array;

/**
 * A WebM of pictures, each one shown for `milliseconds`: clusters of one picture each, found by cues that
 * stand before them (RFC 9559 §5.1.5).
 */
export function video(
  pictures: readonly Picture[],
  milliseconds: number,
  width: number,
  height: number,
): Buffer {
  const header = element(0x1a45dfa3, [
    element(0x4286, number(1)),
    element(0x42f7, number(1)),
    element(0x42f2, number(4)),
    element(0x42f3, number(8)),
    element(0x4282, Buffer.from('webm')),
    element(0x4287, number(2)),
    element(0x4285, number(2)),
  ]);
  const duration = Buffer.alloc(8);
  duration.writeDoubleBE(pictures.length * milliseconds);
  const info = element(0x1549a966, [
    // A tick is a millisecond.
    element(0x2ad7b1, number(1_000_000)),
    element(0x4489, duration),
    element(0x4d80, Buffer.from('test')),
    element(0x5741, Buffer.from('test')),
  ]);
  const tracks = element(0x1654ae6b, [
    element(0xae, [
      element(0xd7, number(1)),
      element(0x73c5, number(1)),
      element(0x83, number(1)),
      element(0x86, Buffer.from('V_VP8')),
      element(0xe0, [element(0xb0, number(width)), element(0xba, number(height))]),
    ]),
  ]);
  const clusters = pictures.map((picture, index) => {
    // Track 1, at the time of the cluster, a key frame.
    const block = Buffer.concat([Buffer.from([0x81, 0, 0, 0x80]), keyFrame(picture)]);
    return element(0x1f43b675, [element(0xe7, number(index * milliseconds)), element(0xa3, block)]);
  });
  const cuesAt = (positions: readonly number[]): Buffer =>
    element(
      0x1c53bb6b,
      positions.map((position, index) =>
        element(0xbb, [
          element(0xb3, number(index * milliseconds)),
          element(0xb7, [element(0xf7, number(1)), element(0xf1, number(position))]),
        ]),
      ),
    );
  // Numbers are written with a fixed width: where clusters begin does not depend on what the cues say.
  let position = info.length + tracks.length + cuesAt(clusters.map(() => 0)).length;
  const positions = clusters.map((cluster) => {
    const start = position;
    position += cluster.length;
    return start;
  });
  return Buffer.concat([
    header,
    element(0x18538067, [info, tracks, cuesAt(positions), ...clusters]),
  ]);
}

/** The frame inside a picture: the data of its chunk `VP8 `; other chunks may stand around it. */
function keyFrame(picture: Picture): Buffer {
  const bytes = Buffer.from(picture);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32LE(at + 4);
    if (bytes.toString('latin1', at, at + 4) === 'VP8 ') {
      return bytes.subarray(at + 8, at + 8 + size);
    }
    at += 8 + size + (size % 2);
  }
  throw new Error(`no lossy WebP: ${bytes.toString('latin1', 0, 40)}`);
}

/** An element of EBML (RFC 8794 §6): its name, the length of its data in 8 octets, its data. */
function element(id: number, data: Buffer | readonly Buffer[]): Buffer {
  const parts = Buffer.isBuffer(data) ? [data] : data;
  const hex = id.toString(16);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(parts.reduce((sum, part) => sum + part.length, 0)));
  length[0] = 1;
  return Buffer.concat([Buffer.from(hex, 'hex'), length, ...parts]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
