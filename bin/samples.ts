#!/usr/bin/env node
// Why: `npm start` shows a site with live examples, and those need files of some size.
// Refuses to know: how the files are made, and whether a server starts after it.

import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureSamples } from '../lib/lab/samples.js';

const USAGE = 'usage: samples [folder]   (default: public/samples)';

function shown(size: number): string {
  if (size < 1024) return `${size} bytes`;
  return size < 1024 * 1024
    ? `${(size / 1024).toFixed(1)} KiB`
    : `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (positionals.length > 1) throw new Error(`one folder, please; ${USAGE}`);

  const report = await ensureSamples(positionals[0] ?? 'public/samples', {
    onProgress: ({ name, written, size }) => {
      if (written === size) console.log(`samples: ${name} written, ${shown(size)}`);
    },
  });
  if (report.generated.length === 0) {
    console.log(`samples: all there in ${relative('', report.folder) || '.'}`);
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`samples: ${message.replace(/\s*\n\s*/g, ' ')}`);
  process.exitCode = 1;
});
