/**
 * Finds the configuration file of a folder, and joins what it says with the command line, which comes
 * first. Knows nothing of its rules; what does is loaded only where there is a file.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { AddressOptions } from '../../lib/site/paths/addresses.js';
import type { RulesConfig } from '../../lib/site/rules/config.js';
import { UsageError } from '../options/option.js';

/** What is looked for in the folder. */
export const CONFIG_NAME = 'serve.json';

/** The longest file that is read, in octets. */
export const MOST_OCTETS = 262_144;

/** What a file came to. */
export interface Configured {
  /** The file. */
  readonly file: string;
  /** The folder that is served. */
  readonly root: string;
  readonly symlinks: boolean;
  readonly rules: RulesConfig;
}

/** Where to look. */
export interface ConfigRequest {
  /** The folder of the command line. */
  readonly root: string;
  /** The file of the command line; without it {@link CONFIG_NAME} in the folder, where there is one. */
  readonly config: string | undefined;
  /** What the command line says of addresses: rules are checked beside it. */
  readonly addresses?: AddressOptions;
  /** Whether links may lead out already. */
  readonly symlinks: boolean;
}

/**
 * Reads the file anew each time; `undefined`: there is none.
 * @throws Error with a message for people
 */
export async function findConfig(asked: ConfigRequest): Promise<Configured | undefined> {
  const file = locate(asked);
  if (file === undefined) return undefined;
  const text = read(file);
  const { checkConfig, rulesOf } = await import('./check.js');
  const name = shortest(file);
  const config = await checkConfig(text, name, asked.addresses);
  const isNamed = asked.config !== undefined;
  const { symlinks = false, public: folder } = config;
  // Who unpacks a folder from elsewhere and serves it has not asked to open the rest of the disk.
  if (symlinks && !isNamed && !asked.symlinks) {
    throw new Error(
      `${name} lets links lead out of the folder; allow that with --symlinks, or name the file with --config ${name}`,
    );
  }
  return {
    file,
    root: folder === undefined ? asked.root : served(asked.root, folder, name, isNamed),
    symlinks: symlinks || asked.symlinks,
    rules: rulesOf(config),
  };
}

/** A file that is named may be seen from the folder, as serve has it, or from here. */
function locate({ root, config }: ConfigRequest): string | undefined {
  if (config === undefined) {
    const file = path.resolve(root, CONFIG_NAME);
    return isFile(file) ? file : undefined;
  }
  const files = [path.resolve(config), path.resolve(root, config)];
  const found = files.find((file) => fs.existsSync(file));
  if (found === undefined) {
    // http-server's -c is how long files are kept.
    const isTime = /^-?[0-9]+$/.test(config);
    const hint = isTime ? '; how long clients may keep files is --max-age SECONDS' : '';
    throw new UsageError(
      `--config ${config} does not exist, neither here nor in the folder served${hint}`,
    );
  }
  return found;
}

/** What is wrong with the folder itself is told by who serves it. */
function isFile(file: string): boolean {
  try {
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function read(file: string): string {
  const name = shortest(file);
  const descriptor = fs.openSync(file, 'r');
  try {
    const stats = fs.fstatSync(descriptor);
    if (!stats.isFile()) throw new Error(`${name} is no file`);
    const bytes = Buffer.alloc(MOST_OCTETS + 1);
    const count = fs.readSync(descriptor, bytes);
    if (count > MOST_OCTETS) {
      throw new Error(`${name} has more than ${MOST_OCTETS / 1024} KiB; it takes no more`);
    }
    return bytes.toString('utf8', 0, count);
  } finally {
    fs.closeSync(descriptor);
  }
}

function served(root: string, folder: string, name: string, isNamed: boolean): string {
  const location = path.resolve(root, folder);
  let real: string;
  try {
    real = fs.realpathSync(location);
  } catch (error) {
    throw new Error(`${name} says to serve ${folder}, which does not exist`, { cause: error });
  }
  const inside = path.relative(fs.realpathSync(root), real);
  const isInside =
    inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
  if (!isInside && !isNamed) {
    throw new Error(
      `${name} says to serve ${folder}, which is outside of its folder; name the file with --config ${name} to allow that`,
    );
  }
  return location;
}

/** A file as people would name it from here. */
function shortest(file: string): string {
  const relative = path.relative('', file);
  return relative === '' || relative.startsWith('..') ? file : relative;
}
