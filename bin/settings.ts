/** From the values of options to what the server and the command are made with: sizes in octets, times in milliseconds. */
import type { WorkerCount } from '../lib/cluster/budget.js';
import type { PlainOptions } from '../lib/cluster/plain-options.js';
import type { ServingMode } from '../lib/lab/load-mode.js';
import type { LogFormat } from '../lib/log/options.js';
import { isName, type TrailingSlash } from '../lib/site/paths/addresses.js';
import type { RulesConfig } from '../lib/site/rules/config.js';
import type { DecodedFormat, Verify } from '../lib/source/decoding-choices.js';
import type { Configured } from './config/find.js';
import { decodingOptions } from './decoding.js';
import { convert, convertAll } from './options/convert.js';
import { type Option, UsageError } from './options/option.js';
import { OPTIONS } from './options/table.js';
import { namedPlaces } from './places.js';
import { sharingOptions } from './sharing.js';
import { type TlsSettings, tlsSettings } from './tls.js';

/** What the command line came to. */
export interface Settings {
  readonly root: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly log: LogSettings;
  readonly atTerminal: TerminalSettings;
  /** Milliseconds. */
  readonly grace: number;
  readonly workers: WorkerCount;
  readonly tls: TlsSettings;
  /** Where metrics are offered; `undefined`: nowhere. */
  readonly monitor: { readonly port: number; readonly host: string } | undefined;
  /** The configuration file that was named. */
  readonly config: string | undefined;
  /** What a configuration file says. */
  readonly rules?: RulesConfig;
  readonly server: PlainOptions;
}

/** What is said of the request log; how it comes out depends on where it goes, see request-log.ts. */
export interface LogSettings {
  readonly requests: boolean;
  readonly format?: LogFormat;
  readonly file?: string;
}

/** What is done beside serving where somebody looks on. */
export interface TerminalSettings {
  readonly open: boolean;
  readonly clipboard: boolean;
  readonly qr: boolean;
  readonly progress: boolean;
}

/**
 * Turns parsed arguments into settings.
 * @param values option names with what was given for them, or their defaults; a port only where it was named
 * @throws UsageError naming the option, the value and what it takes
 */
export function toSettings(root: string, values: Record<string, unknown>): Settings {
  checkTogether(values);
  const value = (name: string) => convert(optionNamed(name), values[name]);
  const texts = (name: string) => convertAll(optionNamed(name), values[name]).map(String);
  const number = (name: string): number => Number(value(name));
  const optional = (property: string, name: string): Record<string, string> =>
    values[name] === undefined ? {} : { [property]: String(value(name)) };
  const flag = (name: string): boolean => String(values[name]) === 'true';
  const milliseconds = (name: string): number => number(name) * 1000;
  const host = bare(String(value('host')));
  const listen = namedPlaces(values.listen, host);
  const metricsPort = values['metrics-port'] === undefined ? undefined : number('metrics-port');
  const metricsHost = bare(String(value('metrics-host')));
  return {
    root,
    json: flag('json'),
    quiet: flag('quiet'),
    log: {
      requests: flag('request-logging'),
      ...(values['log-format'] === undefined ? {} : { format: value('log-format') as LogFormat }),
      ...(values['log-file'] === undefined ? {} : { file: String(value('log-file')) }),
    },
    atTerminal: {
      open: flag('open'),
      clipboard: flag('clipboard'),
      qr: flag('qr'),
      progress: flag('progress'),
    },
    grace: milliseconds('grace'),
    workers: value('workers') as WorkerCount,
    tls: tlsSettings({
      wanted: flag('tls'),
      ...optional('cert', 'tls-cert'),
      ...optional('key', 'tls-key'),
      ...optional('pass', 'tls-pass'),
    }),
    monitor: metricsPort === undefined ? undefined : { port: metricsPort, host: metricsHost },
    config: values.config === undefined ? undefined : String(value('config')),
    server: {
      ...(values.port === undefined
        ? { movePort: flag('port-switching') }
        : { port: number('port') }),
      host,
      listen,
      ...(values['max-age'] === undefined ? {} : { maxAge: number('max-age') }),
      index: indexName(String(value('index'))),
      immutable: flag('immutable'),
      single: flag('single'),
      ...(values['clean-urls'] === undefined ? {} : { cleanUrls: flag('clean-urls') }),
      ...(values['trailing-slash'] === undefined
        ? {}
        : { trailingSlash: value('trailing-slash') as TrailingSlash }),
      errorPages: flag('error-pages'),
      ...sharingOptions({
        cors: texts('cors'),
        allowHost: texts('allow-host'),
        auth: texts('auth'),
        authFile: values['auth-file'] === undefined ? undefined : String(value('auth-file')),
        header: texts('header'),
        secure: flag('secure'),
      }),
      ...decodingOptions({
        format: values.decode === undefined ? undefined : (value('decode') as DecodedFormat),
        keyFile: values.keys === undefined ? undefined : String(value('keys')),
        keys: texts('key'),
        verify: value('verify') as Verify,
        maxSize: number('max-decoded'),
        maxChunkSize: number('max-decoded-chunk'),
        maxChunks: number('max-decoded-chunks'),
      }),
      compression: flag('compression'),
      precompressed: flag('precompressed'),
      symlinks: flag('symlinks'),
      dotfiles: flag('dotfiles'),
      cacheSize: number('cache-size'),
      streamThreshold: number('stream-threshold'),
      chunkSize: number('chunk-size'),
      readAhead: number('read-ahead'),
      mode: value('mode') as ServingMode,
      sharedReads: flag('shared-reads'),
      watch: flag('watch'),
      maxRanges: number('max-ranges'),
      listing: flag('listing'),
      maxSorted: number('max-sorted'),
      maxUnsorted: number('max-unsorted'),
      maxCompressions: number('max-compressions'),
      timeouts: {
        handshake: milliseconds('handshake-timeout'),
        head: milliseconds('head-timeout'),
        idle: milliseconds('idle-timeout'),
        content: milliseconds('content-timeout'),
        stall: milliseconds('stall-timeout'),
        linger: milliseconds('linger-timeout'),
      },
      limits: {
        connections: number('max-connections'),
        connectionsPerAddress: number('max-connections-per-address'),
        minRate: number('min-rate'),
        throttle: number('throttle'),
        requestsPerSecond: number('rate-limit'),
        pipeline: number('max-pipeline'),
        target: number('max-target'),
        head: number('max-head'),
        fields: number('max-fields'),
        emptyLines: number('max-empty-lines'),
        content: number('max-content'),
        chunkExtensions: number('max-chunk-extensions'),
        trailers: number('max-trailers'),
      },
    },
  };
}

/** An IPv6 address in brackets is written as in a URL. */
function bare(host: string): string {
  return host.replace(/^\[(.+)\]$/, '$1');
}

/** @throws UsageError for options that say nothing together, whatever each of them says */
function checkTogether(values: Readonly<Record<string, unknown>>): void {
  if (String(values.immutable) === 'true' && values['max-age'] === undefined) {
    throw new UsageError('--immutable needs --max-age: how many seconds the files never change');
  }
  const listen = namedPlaces(values.listen, '');
  if (listen.length > 0 && values.port !== undefined) {
    throw new UsageError(
      `--port and --listen both name a port; --listen ${String(values.port)} can be given as well`,
    );
  }
  const [port, metrics] = ['port', 'metrics-port'].map((name) =>
    values[name] === undefined ? undefined : convert(optionNamed(name), values[name]),
  );
  const ports = [port, ...listen.map((place) => ('port' in place ? place.port : undefined))];
  if (metrics !== undefined && metrics !== 0 && ports.includes(metrics)) {
    throw new UsageError(
      `--metrics-port ${metrics} is the port that files are served at; take another, or 0 for a free one`,
    );
  }
}

/** @throws UsageError for what is more than a name */
function indexName(text: string): string {
  if (isName(text)) return text;
  throw new UsageError(`--index ${text} can't be used; it takes the name of a file`);
}

/** Settings with what a configuration file says; what the command line says comes before it. */
export function withConfig(
  settings: Settings,
  { root, symlinks, rules }: Pick<Configured, 'root' | 'symlinks' | 'rules'>,
): Settings {
  return { ...settings, root, rules, server: { ...settings.server, symlinks } };
}

/** Every name that is asked for stands in the table; a test asks for all. */
function optionNamed(name: string): Option {
  return OPTIONS.find((option) => option.name === name) as Option;
}
