/** Which module imports which: read from the sources, judged by a table of what each folder may know. */
import { readdirSync, readFileSync } from 'node:fs';

/** One import of a source file. */
export interface Import {
  /** The importing file, from the top of the project: `lib/http/date.ts`. */
  readonly from: string;
  /** The specifier, a relative one resolved the same way: `lib/http/error.ts`, `node:net`, `yargs`. */
  readonly to: string;
  /** Whether it is `import type` or `export type`, and so gone at run time. */
  readonly typeOnly: boolean;
}

/** What a folder may import: folders and files of the project, `node:` modules, packages, `*`: any. */
export interface Rule {
  readonly may: readonly string[];
  /** What it may import with `import type` only. */
  readonly types?: readonly string[];
}

const TOP = new URL('../../../', import.meta.url);

/** All TypeScript sources below the given folders, with their imports. */
export function readImports(folders: readonly string[]): Import[] {
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, TOP), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      .flatMap((file) => importsOf(file, readFileSync(new URL(file, TOP), 'utf8'))),
  );
}

/** `import … from`, `export … from`, `import '…'`, and the calls `import()` and `require()`. */
const FROM = /\b(?:import|export)\s+(type\s+)?(?:[\w*{}\s,$]+?\bfrom\s*)?(['"])([^'"]+)\2/g;
const CALL = /\b(?:import|require|getBuiltinModule)\s*\(\s*([^)]*)/g;

/** The imports of one file. */
export function importsOf(from: string, text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const imports: Import[] = [];
  for (const [, type, , specifier] of code.matchAll(FROM)) {
    imports.push({ from, to: resolve(from, specifier as string), typeOnly: type !== undefined });
  }
  for (const [, argument = ''] of code.matchAll(CALL)) {
    const specifier = /^(['"`])([^'"`$]+)\1/.exec(argument)?.[2];
    // What is computed can't be judged, hence belongs to nobody's list.
    const to = specifier === undefined ? `computed: ${argument}` : resolve(from, specifier);
    imports.push({ from, to, typeOnly: false });
  }
  return imports;
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const { pathname } = new URL(specifier, `file:///${from}`);
  return pathname.slice(1).replace(/\.js$/, '.ts');
}

/**
 * The imports that the rules don't allow, as lines for people.
 * @param rules by folder or file; the longest name that fits a file is its rule
 */
export function violations(
  imports: readonly Import[],
  rules: Readonly<Record<string, Rule>>,
): string[] {
  return imports
    .filter((one) => !isAllowed(one, ruleOf(one.from, rules)))
    .map(({ from, to, typeOnly }) => `${from} imports ${typeOnly ? 'types of ' : ''}${to}`);
}

function ruleOf(file: string, rules: Readonly<Record<string, Rule>>): Rule | undefined {
  const names = Object.keys(rules).filter((name) => isWithin(file, name));
  const longest = names.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : rules[longest];
}

function isAllowed({ to, typeOnly }: Import, rule: Rule | undefined): boolean {
  if (rule === undefined) return false;
  const names = typeOnly ? [...rule.may, ...(rule.types ?? [])] : rule.may;
  const isModule = !/^(?:bin|lib|test|bench)\/|^computed/.test(to);
  return names.some((name) => (name === '*' ? isModule : isWithin(to, name)));
}

/** Whether `file` is `name` or below it; a prefix counts only where a name ends. */
function isWithin(file: string, name: string): boolean {
  return file === name || file.startsWith(`${name}/`);
}
