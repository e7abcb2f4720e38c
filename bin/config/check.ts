/**
 * Reads and checks the text of a `serve.json`: JSON with comments and commas at ends, against the schema,
 * then its rules. What is wrong is told with line and column. Loaded only where there is such a file.
 */
import { Ajv, type ErrorObject } from 'ajv';
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { AddressOptions } from '../../lib/site/paths/addresses.js';
import { RuleError, type RulesConfig } from '../../lib/site/rules/config.js';
import { loadRules } from '../../lib/site/rules/load.js';
import { ConfigError } from './config-error.js';
import { nearest } from './near.js';
import { SCHEMA } from './schema.js';

/** What a `serve.json` says. */
export interface ServeConfig extends RulesConfig {
  readonly public?: string;
  readonly symlinks?: boolean;
  readonly etag?: boolean;
  readonly $schema?: string;
}

/** Problems told at once; the rest may go away with them. */
const MOST_TOLD = 10;

/** Problems that are looked for in the text: of a hundred thousand the first are told as well. */
const MOST_PLACED = 100;

/** Lists and objects in each other. What a file may say has five. */
const DEEPEST = 20;

interface Problem {
  readonly offset: number;
  readonly message: string;
}

/**
 * @param name of the file, as it is told
 * @param addresses what is said of them elsewhere
 * @throws ConfigError
 */
export async function checkConfig(
  given: string,
  name: string,
  addresses?: AddressOptions,
): Promise<ServeConfig> {
  const text = given.replace(/^\ufeff/, '');
  const tell = (problems: readonly Problem[]): ConfigError =>
    new ConfigError(
      [...problems]
        .sort((a, b) => a.offset - b.offset)
        .slice(0, MOST_TOLD)
        .map(({ offset, message }) => `${name}:${place(text, offset)}: ${message}`),
    );
  const errors: ParseError[] = [];
  let tree: Node | undefined;
  try {
    tree = parseTree(text, errors, { allowTrailingComma: true });
  } catch {
    throw tell([{ offset: 0, message: TOO_DEEP }]);
  }
  if (errors.length > 0 || tree === undefined) {
    const first = errors[0] ?? { error: 4, offset: 0 };
    throw tell([{ offset: first.offset, message: syntax(first.error, text) }]);
  }
  const names = nameProblems(tree);
  if (names.length > 0) throw tell(names);
  const config: unknown = getNodeValue(tree);
  const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(
    SCHEMA,
  );
  if (!validate(config)) {
    const found = (validate.errors ?? []).slice(0, MOST_PLACED);
    throw tell(found.map((error) => problem(error, tree)));
  }
  const checked = config as ServeConfig;
  try {
    await loadRules(rulesOf(checked), addresses);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    const offset = findNodeAtLocation(tree, [...error.path])?.offset ?? 0;
    throw tell([{ offset, message: `${shown(error.path)}: ${error.message}` }]);
  }
  return checked;
}

/** What of a file is rules. Where it does not say, pages go by clean addresses, as with serve-handler. */
export function rulesOf(config: ServeConfig): RulesConfig {
  const { public: _folder, symlinks: _links, etag: _etag, $schema: _schema, ...rules } = config;
  return { cleanUrls: true, ...rules };
}

const TOO_DEEP = 'it is nested too deeply';

/**
 * Names that stand twice, of which only one would count, and the one that is no name to JavaScript; and what
 * is so deep that whoever reads it would fail.
 */
function nameProblems(node: Node, depth = 1): Problem[] {
  if (depth > DEEPEST) return [{ offset: node.offset, message: TOO_DEEP }];
  const problems: Problem[] = [];
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    if (problems.length >= MOST_PLACED) break;
    const [key, value] = node.type === 'object' ? (child.children ?? []) : [undefined, child];
    if (key !== undefined) {
      const message =
        key.value === '__proto__'
          ? '"__proto__" is not known here'
          : seen.has(key.value)
            ? `${JSON.stringify(key.value)} is here twice`
            : undefined;
      if (message !== undefined) problems.push({ offset: child.offset, message });
      seen.add(key.value);
    }
    if (value !== undefined) problems.push(...nameProblems(value, depth + 1));
  }
  return problems;
}

function syntax(code: number, text: string): string {
  if (text.trim() === '') return 'it is empty; it takes an object: {}';
  const words = printParseErrorCode(code)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return `it is no JSON: ${words}`;
}

function problem(error: ErrorObject, tree: Node): Problem {
  const path: (string | number)[] = [];
  for (const part of error.instancePath.split('/').slice(1)) {
    const isIndex = findNodeAtLocation(tree, path)?.type === 'array';
    path.push(isIndex ? Number(part) : part.replace(/~1/g, '/').replace(/~0/g, '~'));
  }
  const node = findNodeAtLocation(tree, path) ?? tree;
  const where = shown(path);
  const { params, parentSchema = {}, keyword } = error;
  if (keyword === 'additionalProperties') {
    const name: string = params.additionalProperty;
    const known = Object.keys(parentSchema.properties);
    const near = nearest(name, known);
    const key = node.children?.find((child) => child.children?.[0]?.value === name);
    const hint = near === undefined ? `it takes ${known.join(', ')}` : `did you mean "${near}"?`;
    const message = `${excerpt(name)} is not known ${where === '' ? 'here' : `in ${where}`}; ${hint}`;
    return { offset: key?.offset ?? node.offset, message };
  }
  const offset = node.offset;
  if (keyword === 'required') {
    return { offset, message: `${where} has no "${params.missingProperty}"` };
  }
  if (keyword === 'type' || keyword === 'enum') {
    const message = `${where || 'it'} is ${excerpt(error.data)}; it takes ${takes(parentSchema)}`;
    return { offset, message };
  }
  return { offset, message: `${where} ${error.message}` };
}

const KINDS: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  string: 'a text',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

function takes(schema: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(schema.enum)) {
    return schema.enum.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  }
  return [schema.type ?? []]
    .flat()
    .map((type) => KINDS[String(type)] ?? type)
    .join(' or ');
}

/** A value as it is written, not too long of it. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A path as people write it: `redirects[0].type`. */
function shown(path: readonly (string | number)[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
}

/** Line and column, from 1. */
function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `${lines.length}:${(lines.at(-1) as string).length + 1}`;
}
