/**
 * What shells need to complete the command's options: a script for each, made of the option table. The
 * scripts run nothing of the command: a key press should not wait for node.
 */
import type { Form } from './options/forms.js';
import type { Shell } from './shells.js';

/** The names under which the command is installed. */
const COMMANDS = ['serve', 'sluice'];

/** Commands that are not serving: `serve NAME WORD`, each with options of its own and files behind. */
export interface CommandGroup {
  readonly name: string;
  readonly commands: readonly { readonly word: string; readonly forms: readonly Form[] }[];
}

type Script = (forms: readonly Form[], groups: readonly CommandGroup[]) => string;

/** The script that a shell is to read. */
export function completion(
  shell: Shell,
  forms: readonly Form[],
  groups: readonly CommandGroup[] = [],
): string {
  return SCRIPTS[shell](forms, groups);
}

const SCRIPTS: Record<Shell, Script> = { bash, zsh, fish };

/** For the bash of macOS, too, which is 3.2. */
function bash(forms: readonly Form[], groups: readonly CommandGroup[]): string {
  const branches = groups.map(({ name, commands }) => {
    const words = posix(commands.map(({ word }) => word).join('\n'));
    const cases = commands.map((each) => `      ${each.word})\n${bashWords(each.forms, '-f')} ;;`);
    return `  if [ "\${COMP_WORDS[1]}" = ${name} ] && [ "$COMP_CWORD" -gt 1 ]; then
    if [ "$COMP_CWORD" -eq 2 ]; then COMPREPLY=($(compgen -W ${words} -- "$word")); return; fi
    case "\${COMP_WORDS[2]}" in
${cases.join('\n')}
    esac
    return
  fi
`;
  });
  return `# bash completion for serve, made by: serve --completion bash
_serve() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$word" = = ]; then word=
  elif [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
${branches.join('')}${bashWords(forms, '-d')}
}
complete -o filenames -F _serve ${COMMANDS.join(' ')}
`;
}

/** @param others what compgen gives where no option is begun */
function bashWords(forms: readonly Form[], others: string): string {
  const cases = forms
    .filter(({ value, isOptional }) => value !== undefined && !isOptional)
    .map(({ names, values, isFile }) => {
      const words = values.length > 0 ? `-W ${posix(values.join('\n'))}` : isFile ? '-f' : '';
      const reply = words === '' ? '' : ` COMPREPLY=($(compgen ${words} -- "$word"));`;
      return `    ${names.join('|')})${reply} return ;;`;
    });
  const names = forms.flatMap((form) => form.names);
  return `  case "$before" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W ${posix(names.join('\n'))} -- "$word")) ;;
    *) COMPREPLY=($(compgen ${others} -- "$word")) ;;
  esac`;
}

function zsh(forms: readonly Form[], groups: readonly CommandGroup[]): string {
  const branches = groups.map(({ name, commands }) => {
    const words = commands.map(({ word }) => word).join(' ');
    const cases = commands.map(
      (each) => `      ${each.word}) _arguments -s \\
${zshLines(each.forms)}
    '*:file:_files' ;;`,
    );
    return `  if (( CURRENT > 2 )) && [ "$words[2]" = ${name} ]; then
    if (( CURRENT == 3 )); then compadd ${words}; return; fi
    local word="$words[3]"
    shift 2 words
    (( CURRENT -= 2 ))
    case "$word" in
${cases.join('\n')}
    esac
    return
  fi
`;
  });
  return `#compdef ${COMMANDS.join(' ')}
# zsh completion for serve, made by: serve --completion zsh
_serve() {
${branches.join('')}  _arguments -s \\
${zshLines(forms)}
    '1:folder:_files -/'
}
if [ "$funcstack[1]" = _serve ]; then _serve "$@"; else compdef _serve ${COMMANDS.join(' ')}; fi
`;
}

function zshLines(forms: readonly Form[]): string {
  const lines = forms.map(({ names, value, isOptional, isRepeatable, ...form }) => {
    const { values, isFile, text } = form;
    const alone = names.length > 1 ? `(${names.join(' ')})` : '';
    const others = isRepeatable ? '*' : alone;
    const what = values.length > 0 ? `(${values.join(' ')})` : isFile ? '_files' : ' ';
    const colons = isOptional ? '::' : ':';
    const argument = value === undefined ? '' : `${colons}${zshText(value)}:${what}`;
    return names
      .map((name) => {
        const joined = value !== undefined && name.startsWith('--') ? `${name}=` : name;
        return `    ${posix(`${others}${joined}[${zshText(text)}]${argument}`)} \\`;
      })
      .join('\n');
  });
  return lines.join('\n');
}

function fish(forms: readonly Form[], groups: readonly CommandGroup[]): string {
  const others = groups.map(({ name }) => `not ${seen(name)}`);
  const isServing = others.length === 0 ? '' : fishIf(others);
  const lines = groups.flatMap(({ name, commands }) => {
    const words = commands.map(({ word }) => word);
    return [
      `  complete -c $command${fishIf([seen(name), `not ${seen(...words)}`])} -f -a ${fishText(words.join(' '))}`,
      ...commands.flatMap((each) => {
        const isThis = fishIf([seen(name), seen(each.word)]);
        return [`  complete -c $command${isThis} -F`, ...fishLines(each.forms, isThis)];
      }),
    ];
  });
  return `# fish completion for serve, made by: serve --completion fish
for command in ${COMMANDS.join(' ')}
  complete -c $command -f${isServing} -a '(__fish_complete_directories)'
${[...fishLines(forms, isServing), ...lines].join('\n')}
end
`;
}

function fishLines(forms: readonly Form[], condition: string): string[] {
  return forms.map(({ names, value, isOptional, values, isFile, text }) => {
    const parts = names.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    if (value !== undefined && !isOptional) parts.push(isFile ? '-r -F' : '-x');
    if (values.length > 0) parts.push(`-a ${fishText(values.join(' '))}`);
    return `  complete -c $command${condition} ${parts.join(' ')} -d ${fishText(text)}`;
  });
}

function fishIf(conditions: readonly string[]): string {
  return ` -n ${fishText(conditions.join('; and '))}`;
}

function seen(...words: readonly string[]): string {
  return `__fish_seen_subcommand_from ${words.join(' ')}`;
}

/** In single quotes, as POSIX shells read them. */
function posix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What separates the parts of an argument of \`_arguments\` has a backslash in front. */
function zshText(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function fishText(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
