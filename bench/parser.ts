/**
 * `npm run bench:parser`: the parser of lib/http alone, beside http-parser-js, in one process and in
 * turns. Both get the same bytes; on both the method, the target and four fields are looked up, with
 * the same code.
 */
import { parseArgs } from 'node:util';
import { Fields, RequestParser } from '../lib/http/index.js';
import { describeMachine } from './support/machine.js';
import { installPeers, loadPeer } from './support/peers.js';
import { startProgress } from './support/progress.js';
import { figure, print, printTable, rounds } from './support/report.js';
import { median } from './support/statistics.js';

/** What Firefox sends for a style sheet, and a cookie: 14 fields. */
const HEAD = Buffer.from(
  [
    'GET /assets/css/site.min.css?v=20240611 HTTP/1.1',
    'Host: www.example.com',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    'Accept: text/css,*/*;q=0.1',
    'Accept-Language: en-GB,en;q=0.7,de;q=0.3',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Referer: https://www.example.com/articles/2024/06/on-streams.html',
    'Cookie: session=5b1c6e0e3fd14c8c9a2f7a2d3c4b5a69; theme=dark',
    'DNT: 1',
    'Connection: keep-alive',
    'Sec-Fetch-Dest: style',
    'Sec-Fetch-Mode: no-cors',
    'Sec-Fetch-Site: same-origin',
    'If-None-Match: "8f3e2b1a9c7d"',
    'Priority: u=2',
    '',
    '',
  ].join('\r\n'),
  'latin1',
);

const LOOKED_UP = ['host', 'accept-encoding', 'if-none-match', 'range'];
const PIPELINED = 16;

/** Parses `pieces`, one after the other; counts the heads found in them. */
type Parse = (pieces: readonly Buffer[]) => number;

/** Uses what was parsed; the sum keeps the compiler from leaving it out. */
function use(method: string, target: string, fields: Fields): number {
  let sum = method.length + target.length;
  for (const name of LOOKED_UP) sum += fields.get(name)?.length ?? 0;
  return sum;
}

let used = 0;

function sluice(): Parse {
  const parser = new RequestParser();
  return (pieces) => {
    let heads = 0;
    for (const piece of pieces) {
      parser.push(piece);
      for (let event = parser.next(); event !== null; event = parser.next()) {
        if (event.kind !== 'head') continue;
        used += use(event.method, event.target.path, event.fields);
        heads++;
      }
    }
    return heads;
  };
}

interface HttpParserJs {
  HTTPParser: {
    new (type: string): { [callback: number]: unknown; execute(chunk: Buffer): number | Error };
    readonly REQUEST: string;
    readonly kOnHeadersComplete: number;
    readonly methods: readonly string[];
  };
}

const peer = 'http-parser-js';

function httpParserJs({ HTTPParser }: HttpParserJs): Parse {
  const parser = new HTTPParser(HTTPParser.REQUEST);
  let heads = 0;
  parser[HTTPParser.kOnHeadersComplete] = (info: {
    method: number;
    url: string;
    headers: string[];
  }) => {
    used += use(HTTPParser.methods[info.method] as string, info.url, new Fields(info.headers));
    heads++;
  };
  return (pieces) => {
    heads = 0;
    for (const piece of pieces) {
      const result = parser.execute(piece);
      if (result instanceof Error) throw result;
    }
    return heads;
  };
}

const CASES: readonly { name: string; pieces: readonly Buffer[]; heads: number }[] = [
  { name: 'one head a buffer', pieces: [HEAD], heads: 1 },
  {
    name: `${PIPELINED} pipelined in a buffer`,
    pieces: [Buffer.concat(Array.from({ length: PIPELINED }, () => HEAD))],
    heads: PIPELINED,
  },
  {
    name: 'in two packets, split in a value',
    pieces: [HEAD.subarray(0, 300), HEAD.subarray(300)],
    heads: 1,
  },
  {
    name: 'one octet at a time',
    pieces: Array.from(HEAD, (_, i) => HEAD.subarray(i, i + 1)),
    heads: 1,
  },
];

interface Measured {
  /** Heads per second by the clock. */
  readonly rate: number;
  /** Microseconds of processor time per head: it holds while others use the machine. */
  readonly cpu: number;
}

function measure(parse: Parse, pieces: readonly Buffer[], milliseconds: number): Measured {
  const started = performance.now();
  const before = process.cpuUsage();
  let heads = 0;
  do {
    for (let i = 0; i < 50; i++) heads += parse(pieces);
  } while (performance.now() - started < milliseconds);
  const { user, system } = process.cpuUsage(before);
  return {
    rate: (heads / (performance.now() - started)) * 1000,
    cpu: (user + system) / heads,
  };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '11' },
      milliseconds: { type: 'string', default: '300' },
    },
  });
  installPeers();
  const { module, version } = loadPeer<HttpParserJs>(peer);
  const parsers = [
    { name: 'sluice', parse: sluice() },
    { name: `${peer} ${version}`, parse: httpParserJs(module) },
  ];
  print(
    `A browser's request head of ${HEAD.length} octets and ${HEAD.toString().split('\r\n').length - 3} fields`,
  );
  print(describeMachine().replace(/,[^,]*(,[^,]*core 1)?$/, ''));
  print();
  const table: string[][] = [];
  const turns = Number(values.rounds) + 1;
  const bar = startProgress('parser', CASES.length * turns);
  for (const { name, pieces, heads } of CASES) {
    const results = parsers.map(() => [] as Measured[]);
    for (const { name: who, parse } of parsers) {
      if (parse(pieces) !== heads) throw new Error(`${who} finds another number of heads: ${name}`);
    }
    // The first round warms up: the compiler optimises during it.
    for (let round = 0; round <= Number(values.rounds); round++) {
      bar.step(name);
      parsers.forEach(({ parse }, i) => {
        const result = measure(parse, pieces, Number(values.milliseconds));
        if (round > 0) results[i]?.push(result);
      });
    }
    const base = median((results[1] as Measured[]).map(({ cpu }) => cpu));
    parsers.forEach((parser, i) => {
      const all = results[i] as Measured[];
      const cpu = all.map((result) => result.cpu);
      table.push([
        i === 0 ? name : '',
        parser.name,
        rounds(all.map(({ rate }) => rate)),
        rounds(cpu),
        `${figure(base / median(cpu))} ×`,
      ]);
    });
  }
  bar.stop();
  printTable(['case', 'parser', 'requests/s', 'CPU µs/request', 'by CPU'], table);
  if (used === 0) throw new Error('nothing was parsed');
}

main();
