/** Encodes and decodes one file into another. */
import { decodeBlte } from '../../lib/blte/decoder.js';
import { encodeBlteFile } from '../../lib/blte/encode/encoder.js';
import type { KeyRing } from '../../lib/blte/keys.js';
import type { BlteFormat } from '../../lib/blte/table.js';
import { size } from '../../lib/observe/access-log.js';
import { UsageError } from '../options/option.js';
import { printable } from '../printable.js';
import type { Given } from './command.js';
import { Input } from './input.js';
import { OutputFile, type OutputRules } from './output.js';
import { percent } from './picture.js';
import { toStdout } from './stdout.js';
import { blamed } from './trouble.js';

/** `serve blte encode`. @returns the exit code */
export async function encode(given: Given, keys: KeyRing): Promise<number> {
  const [from = '', to = ''] = given.operands;
  const spec = given.value('spec') as string | undefined;
  const chunkSize = given.value('chunk-size') as number | undefined;
  if (spec !== undefined && chunkSize !== undefined) {
    throw new UsageError('--chunk-size is short for a --spec; give one of them');
  }
  if (chunkSize === 0) throw new UsageError("--chunk-size 0 can't be used; it takes a size from 1");
  if (to === '-') {
    throw new UsageError(
      'encode writes no pipe: the header comes first, and is known last; name a file',
    );
  }
  const format = Number(given.value('format')) as BlteFormat;
  const input = await Input.open(from);
  try {
    const output = new OutputFile(to, {
      force: given.has('force'),
      input,
      instead: () => 'encode needs a file, for the header is written last',
    });
    try {
      const { limits } = given;
      const options = { spec, chunkSize, format, keys, limits, size: input.size };
      const made = await encodeBlteFile(input.content(), output, options);
      output.commit();
      const chunks = made.chunks === 1 ? '1 chunk' : `${made.chunks} chunks`;
      const sizes = `${size(made.size)} -> ${size(made.encodedSize)}`;
      const ratio = percent(made.encodedSize, made.size);
      await say(`${to}: ${chunks}, ${sizes} (${ratio}), EKey ${made.ekey}`);
    } finally {
      output.discard();
    }
  } catch (error) {
    throw blamed(input.name, error);
  } finally {
    await input.close();
  }
  return 0;
}

/** `serve blte decode`. @returns the exit code */
export async function decode({ operands, limits, has }: Given, keys: KeyRing): Promise<number> {
  const [from = '', to = ''] = operands;
  const input = await Input.open(from);
  try {
    const content = decodeBlte(input.content(), { limits, keys });
    const rules = {
      force: has('force'),
      input,
      instead: (name: string) => `- > ${name} writes to it`,
    };
    return to === '-' ? await toStdout(content) : await toFile(content, to, rules);
  } catch (error) {
    throw blamed(input.name, error);
  } finally {
    await input.close();
  }
}

async function toFile(
  content: AsyncIterable<Buffer>,
  name: string,
  rules: OutputRules,
): Promise<number> {
  const output = new OutputFile(name, rules);
  try {
    let position = 0;
    for await (const piece of content) {
      for (let at = 0; at < piece.length; ) {
        const left = piece.length - at;
        at += (await output.write(piece, at, left, position + at)).bytesWritten;
      }
      position += piece.length;
    }
    output.commit();
    await say(`${name}: ${position === 1 ? '1 octet' : `${position} octets`}`);
    return 0;
  } finally {
    output.discard();
  }
}

/** The file is there, whoever reads this. */
async function say(line: string): Promise<void> {
  await toStdout([`${printable(line)}\n`]);
}
