// Why: what the sample files hold, octet for octet the same on every machine.
// Refuses to know: folders, files, manifests.

import { createCipheriv, createHash } from 'node:crypto';

/** How one sample file is made. */
export interface Recipe {
  readonly name: string;
  /** Octets that the chunks come to. */
  readonly size: number;
  readonly chunks: () => Iterable<Buffer>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const CHUNK_BYTES = 256 * KIB;

const LARGE_BYTES = 64 * MIB;

const SAMPLE_RATE = 22_050;
const TONE_SECONDS = 180;
const TONE_LOWEST_HZ = 220;
/** 12 semitones of 5 beats of 1 second: one octave a minute. */
const BEATS_PER_SEMITONE = 5;
const WAV_HEAD_BYTES = 44;
const BYTES_PER_BEAT = SAMPLE_RATE * 2;

const LINE_BYTES = 64;

/** AES-CTR over zeros: its keystream, so nothing can compress it and any machine can repeat it. */
function* largeChunks(): Generator<Buffer> {
  const key = createHash('sha256').update('sluice: large.bin').digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  for (let made = 0; made < LARGE_BYTES; made += CHUNK_BYTES) yield cipher.update(zeros);
}

function wavHead(dataBytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEAD_BYTES);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(WAV_HEAD_BYTES - 8 + dataBytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // one channel
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(dataBytes, 40);
  return head;
}

/** One second of a plucked note; it starts and ends at silence, so beats join without a click. */
function beat(hertz: number): Buffer {
  const pcm = Buffer.alloc(BYTES_PER_BEAT);
  for (let i = 0; i < SAMPLE_RATE; i += 1) {
    const t = i / SAMPLE_RATE;
    const turn = 2 * Math.PI * hertz * t;
    const attack = Math.min(1, t / 0.012);
    const release = Math.min(1, (1 - t) / 0.05);
    const wave = Math.sin(turn) + 0.3 * Math.sin(2 * turn) + 0.12 * Math.sin(3 * turn);
    pcm.writeInt16LE(Math.round(9000 * attack * release * Math.exp(-2.2 * t) * wave), i * 2);
  }
  return pcm;
}

function* toneChunks(): Generator<Buffer> {
  yield wavHead(TONE_SECONDS * BYTES_PER_BEAT);
  for (let second = 0; second < TONE_SECONDS; second += BEATS_PER_SEMITONE) {
    const pcm = beat(TONE_LOWEST_HZ * 2 ** (second / BEATS_PER_SEMITONE / 12));
    for (let i = 0; i < BEATS_PER_SEMITONE; i += 1) yield pcm;
  }
}

const SMALL_TEXT = `
This file is made to be cut. Every line is 64 octets long, line feed included, and begins with the
offset of its own first octet, so any piece of it tells you where it was taken from. Ask for
bytes=128-191 and you get the third line and nothing else. Both ends count: the last position is
inside the range, so bytes=0-0 is one octet and not none.

A range without a last position runs to the end. A range without a first one is a suffix: bytes=-64
is the last line, and bytes=-999999 is simply the whole file, because a suffix longer than the file
stops at its beginning. A range that begins past the end cannot be satisfied, and the answer is 416
with the true size in Content-Range, so that the next question can be a better one.

Several ranges come back as one message of several parts. Each part carries its own Content-Range,
and a boundary line that occurs nowhere else keeps the parts from running into each other.

A range is an optional wish. A server that knows nothing of ranges sends the whole file with 200,
and a client has to live with either answer. What makes a range safe is a validator: send the ETag
of the piece you hold in If-Range, and you get the missing rest only if the file is still the same.
If it changed, the whole new file comes instead, and two versions never meet in one copy.

Why all this trouble for a file of a few thousand octets? None, here. It is read whole and sent in
one write. But the same rules hold for a film of forty gigabytes on a train that enters a tunnel:
the player asks for a minute in the middle, the download goes on where it broke, and the server
holds no more than a few chunks of it, whatever the size on disk.

End of the text. If the line above this one begins with the number you expected, the range was
right.
`;

function smallText(): Buffer {
  const width = LINE_BYTES - 8;
  const lines: string[] = [];
  for (const paragraph of SMALL_TEXT.trim().split('\n\n')) {
    let line = '';
    for (const word of paragraph.split(/\s+/)) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === '' ? word : `${line} ${word}`;
      }
    }
    lines.push(line, '');
  }
  lines.pop();
  const numbered = lines.map((line, i) => {
    const offset = String(i * LINE_BYTES).padStart(5, '0');
    return `${`${offset}  ${line}`.padEnd(LINE_BYTES - 1)}\n`;
  });
  return Buffer.from(numbered.join(''), 'latin1');
}

const SMALL = smallText();

/** The sample files, in the order they are made. */
export const RECIPES: readonly Recipe[] = [
  { name: 'large.bin', size: LARGE_BYTES, chunks: largeChunks },
  { name: 'tone.wav', size: WAV_HEAD_BYTES + TONE_SECONDS * BYTES_PER_BEAT, chunks: toneChunks },
  { name: 'small.txt', size: SMALL.length, chunks: () => [SMALL] },
];
