/** Limits in messages are called as people set them. */
import t from 'tap';
import { messageOf } from '../../bin/limit-names.js';
import { DECODING_LIMITS } from '../../bin/options/decoding.js';
import { BlteError } from '../../lib/blte/error.js';
import { fromPlain, toPlain } from '../../lib/cluster/messages.js';
import { SourceError } from '../../lib/source/source.js';
import { file, plain } from '../helpers/blte.js';
import { request, until } from '../helpers/client.js';
import { pattern } from '../helpers/files.js';
import { start } from '../helpers/process.js';

t.test('the limit alone, and where it has an option', async (t) => {
  const of = (message: string, limit?: string): Error =>
    new SourceError('unavailable', message, { limit });
  for (const [error, expected] of [
    [of('9 are the most (maxSize)', 'maxSize'), '9 are the most (--max-decoded)'],
    [
      of('9 are the most (by maxChunkSize)', 'maxChunkSize'),
      '9 are the most (by --max-decoded-chunk)',
    ],
    [of('/maxSize.blte: 9 (maxSize)', 'maxSize'), '/maxSize.blte: 9 (--max-decoded)'],
    [of('/maxSize.blte: it is damaged'), '/maxSize.blte: it is damaged'],
    [of('more than 4 deep (maxDepth)', 'maxDepth'), 'more than 4 deep (maxDepth)'],
    [of('it is too long', 'maxSize'), 'it is too long'],
    [of('toString', 'toString'), 'toString'],
    [new BlteError('9 (maxChunks)', { limit: 'maxChunks' }), '9 (--max-decoded-chunks)'],
    [new Error('maxSize'), 'maxSize'],
  ] as const) {
    t.equal(messageOf(error, DECODING_LIMITS), expected);
    t.equal(messageOf(fromPlain(toPlain(error)), DECODING_LIMITS), expected, 'from a worker');
  }
});

t.test('the log of the server, alone and with workers', async (t) => {
  const { bytes } = file([plain(pattern(1500)), plain(pattern(1500))]);
  const root = t.testdir({ 'a.bin.blte': bytes });
  for (const [workers, option, value, said] of [
    ['1', '--max-decoded', '2k', '2048 are the most (--max-decoded)'],
    ['1', '--max-decoded-chunk', '1k', '1024 are the most (--max-decoded-chunk)'],
    ['2', '--max-decoded-chunks', '1', '1 are the most (--max-decoded-chunks)'],
  ] as const) {
    const args = ['--decode', 'blte', '--workers', workers, option, value];
    const { command, port } = await start(t, root, args);
    t.equal((await request(port, '/a.bin')).status, 500);
    await until(() => command.stdout.includes(said) || command.stderr.includes(said));
    t.match(command.stdout, '"message":"/a.bin.blte: header', 'without the name of a class');
    command.signal('SIGTERM');
    await command.ended();
  }
});
