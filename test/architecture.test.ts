/** The direction of dependencies, `bin -> server -> site -> source`, held against the sources. */
import t from 'tap';
import { importsOf, type Rule, readImports, violations } from './helpers/imports.js';

const RULES: Record<string, Rule> = {
  // HTTP/1.1 on bytes: no socket, no file, no other folder. A body is a stream, but only as a type.
  'lib/http': { may: ['lib/http'], types: ['node:stream'] },
  'lib/observe': { may: ['lib/observe', 'node:diagnostics_channel'] },
  'lib/source': {
    may: [
      'lib/source',
      'lib/http',
      // What is stored encoded is decoded by that; the format knows no source.
      'lib/blte',
      'node:crypto',
      'node:fs',
      'node:path',
      'node:stream',
      'node:util',
      'lru-cache',
      'mime-types',
    ],
  },
  'lib/cache': { may: ['lib/cache', 'lib/source', 'lib/http', 'lru-cache'] },
  'lib/site': {
    may: [
      'lib/site',
      'lib/auth',
      'lib/source',
      'lib/http',
      'lib/observe',
      'node:crypto',
      'node:stream',
      're2js',
    ],
  },
  // Lines to files and descriptors, of what is observed; pino where they are JSON.
  'lib/log': { may: ['lib/log', 'lib/observe', 'node:fs', 'node:util', 'pino'] },
  // Users and their passwords: no HTTP, and no file but the one with the passwords.
  'lib/auth': {
    may: [
      'lib/auth',
      'lib/limit',
      'node:crypto',
      'node:fs',
      'node:worker_threads',
      'bcryptjs',
      'lru-cache',
    ],
  },
  // How often an address may do something, whatever that is.
  'lib/limit': { may: ['lib/limit', 'node:net'] },
  'lib/site/coding': {
    may: ['lib/site', 'lib/source', 'lib/http', 'lib/observe', 'node:stream', 'node:zlib'],
  },
  // The server is handed a handler: it knows the type, not the site.
  'lib/server': {
    may: [
      'lib/server',
      'lib/limit',
      'lib/listen',
      'lib/tls',
      'lib/http',
      'lib/observe',
      'node:events',
      'node:net',
      'node:stream',
    ],
    types: ['lib/site'],
  },
  // Places to listen at: no connection, no request.
  'lib/listen': { may: ['lib/listen', 'node:fs', 'node:net', 'node:path'] },
  // Sockets with TLS on them: no connection, no request. What makes certificates is loaded when wanted.
  'lib/tls': {
    may: ['lib/tls', 'node:crypto', 'node:fs', 'node:net', 'node:os', 'node:tls', 'selfsigned'],
  },
  // Servers in several processes: what compose joins, started and watched.
  'lib/cluster': {
    may: [
      'lib/cluster',
      'lib/compose.ts',
      'lib/server',
      'lib/listen',
      'lib/tls',
      'lib/site/coding/limits.ts',
      'lib/site/listing/limits.ts',
      'lib/cache',
      'lib/source',
      'lib/observe',
      // What is sent to workers, and the reading of it.
      'lib/site/rules/config.ts',
      'lib/site/rules/load.ts',
      'lib/log',
      'lib/monitor/metrics.ts',
      'node:cluster',
      'node:perf_hooks',
      'node:v8',
      'node:net',
      'node:os',
      'node:timers',
      'node:url',
    ],
  },
  // A format on bytes: neither files nor HTTP; what reads the encoded file is a function.
  'lib/blte': {
    may: ['lib/blte', 'node:crypto', 'node:stream', 'node:zlib', '@noble/ciphers'],
  },
  // The teaching side looks at everything that has a type, and drives nothing but sources.
  'lib/lab': { may: ['lib/lab', 'lib/source', 'lib/http', 'lib/observe', '*'] },
  // A layer of its own, which the site does not know: put before it in compose.ts.
  'lib/reload': {
    may: [
      'lib/reload',
      'lib/site/handler.ts',
      'lib/source/withheld.ts',
      'lib/http',
      'lib/limit',
      'lib/observe',
      'node:crypto',
      'node:fs',
      'node:path',
      'node:stream',
      'chokidar',
    ],
  },
  // What is told to those who look on: asks the parts how they are, and serves nothing else.
  'lib/monitor': {
    may: [
      'lib/monitor',
      'lib/observe',
      'lib/http',
      'lib/server',
      'node:fs',
      'node:perf_hooks',
      'prom-client',
    ],
    types: ['lib/site', 'lib/cache'],
  },
  // Handlers for other servers: what compose joins, with node:http and frameworks as types only.
  'lib/adapters': {
    may: ['lib/adapters', 'lib/compose.ts', 'lib/http', 'lib/observe', 'node:stream'],
    types: ['lib/site', 'node:http'],
  },
  // Where the parts are joined, and what of them is public.
  'lib/compose.ts': { may: ['lib'] },
  'lib/index.ts': { may: ['lib'] },
  bin: { may: ['bin', 'lib', '*'] },
};

t.test('no source imports what its folder may not know', async (t) => {
  const imports = readImports(['lib', 'bin']);
  t.same(violations(imports, RULES), []);
  for (const folder of Object.keys(RULES)) {
    const own = imports.filter(({ from }) => from.startsWith(folder));
    t.ok(own.length > 0, `${folder} was read`);
  }
});

t.test('planted imports are found', async (t) => {
  for (const [file, text, expected] of [
    ['lib/http/a.ts', "import net from 'node:net';", 'node:net'],
    ['lib/http/a.ts', "import net from 'net';", 'net'],
    ['lib/http/a.ts', "import { readFile } from 'node:fs/promises';", 'node:fs/promises'],
    ['lib/http/a.ts', 'import fs from "fs";', 'fs'],
    ['lib/http/a.ts', "import 'node:tls';", 'node:tls'],
    ['lib/http/a.ts', "import * as http from 'node:http';", 'node:http'],
    ['lib/http/a.ts', "import type { Socket } from 'node:net';", 'types of node:net'],
    ['lib/http/a.ts', "import { Readable } from 'node:stream';", 'node:stream'],
    [
      'lib/http/a.ts',
      "import {\n  a,\n  b as c,\n} from '../server/server.js';",
      'lib/server/server.ts',
    ],
    ['lib/http/a.ts', "import a, { type B } from '../site/path.js';", 'lib/site/path.ts'],
    ['lib/http/a.ts', "export * from '../index.js';", 'lib/index.ts'],
    ['lib/http/a.ts', "export { a } from '../server/server.js';", 'lib/server/server.ts'],
    ['lib/http/a.ts', "const fs = await import('node:fs');", 'node:fs'],
    ['lib/http/a.ts', "const fs = require('node:fs');", 'node:fs'],
    ['lib/http/a.ts', "process.getBuiltinModule('fs');", 'fs'],
    ['lib/http/a.ts', 'await import(name);', 'computed: name'],
    ['lib/http/a.ts', 'await import(`node:$' + '{name}`);', 'computed: `node:$' + '{name}`'],
    ['lib/http/a.ts', "import { a } from '../../bin/settings.js';", 'bin/settings.ts'],
    ['lib/http/a.ts', "import { a } from '../httpx/a.js';", 'lib/httpx/a.ts'],
    ['lib/observe/a.ts', "import { a } from '../http/date.js';", 'lib/http/date.ts'],
    ['lib/source/a.ts', "import { a } from '../cache/memory.js';", 'lib/cache/memory.ts'],
    ['lib/source/a.ts', "import { a } from '../site/path.js';", 'lib/site/path.ts'],
    ['lib/cache/a.ts', "import { a } from '../site/path.js';", 'lib/site/path.ts'],
    ['lib/site/a.ts', "import { a } from '../server/server.js';", 'lib/server/server.ts'],
    ['lib/site/a.ts', "import { a } from '../cache/memory.js';", 'lib/cache/memory.ts'],
    ['lib/auth/a.ts', "import { a } from '../http/fields.js';", 'lib/http/fields.ts'],
    ['lib/server/a.ts', "import { a } from '../site/path.js';", 'lib/site/path.ts'],
    ['lib/server/a.ts', "import { type A } from '../site/path.js';", 'lib/site/path.ts'],
    [
      'lib/server/a.ts',
      "import type { A } from '../source/source.js';",
      'types of lib/source/source.ts',
    ],
    ['lib/server/a.ts', "import fs from 'node:fs';", 'node:fs'],
    ['lib/listen/a.ts', "import { a } from '../server/server.js';", 'lib/server/server.ts'],
    ['lib/tls/a.ts', "import { a } from '../server/server.js';", 'lib/server/server.ts'],
    ['lib/server/a.ts', "import { a } from '../cluster/index.js';", 'lib/cluster/index.ts'],
    ['lib/adapters/a.ts', "import http from 'node:http';", 'node:http'],
    ['lib/adapters/a.ts', "import express from 'express';", 'express'],
    ['lib/adapters/a.ts', "import { a } from '../server/server.js';", 'lib/server/server.ts'],
    ['lib/compose.ts', "import cluster from 'node:cluster';", 'node:cluster'],
    ['lib/cluster/a.ts', "import { a } from '../site/path.js';", 'lib/site/path.ts'],
    ['lib/cluster/a.ts', "import fs from 'node:fs';", 'node:fs'],
    ['lib/monitor/a.ts', "import { a } from '../cache/memory.js';", 'lib/cache/memory.ts'],
    ['lib/server/a.ts', "import { a } from '../monitor/metrics.js';", 'lib/monitor/metrics.ts'],
    ['lib/blte/a.ts', "import fs from 'node:fs';", 'node:fs'],
    ['lib/blte/a.ts', "import { a } from '../source/source.js';", 'lib/source/source.ts'],
    ['lib/new/a.ts', "import { a } from '../http/date.js';", 'lib/http/date.ts'],
    ['bin/a.ts', "import { a } from '../test/helpers/feed.js';", 'test/helpers/feed.ts'],
  ] as const) {
    t.same(violations(importsOf(file, text), RULES), [`${file} imports ${expected}`], text);
  }
});

t.test('what is allowed, and what is no import, is left alone', async (t) => {
  for (const [file, text, count] of [
    ['lib/http/a.ts', "import { a } from './error.js';", 1],
    ['lib/http/a.ts', "import type { Readable } from 'node:stream';", 1],
    ['lib/http/a.ts', "// import net from 'node:net';", 0],
    ['lib/http/a.ts', "/** import net from 'node:net'; */", 0],
    ['lib/server/a.ts', "import type { A } from '../site/path.js';", 1],
    [
      'lib/site/a.ts',
      "import { a } from '../source/source.js';\nimport b from '../http/date.js';",
      2,
    ],
    ['lib/compose.ts', "import { a } from './server/server.js';", 1],
    ['bin/a.ts', "import yargs from 'yargs';\nexport const a = 1;", 1],
  ] as const) {
    const imports = importsOf(file, text);
    t.equal(imports.length, count, text);
    t.same(violations(imports, RULES), [], text);
  }
});
