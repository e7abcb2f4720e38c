/**
 * What shells need to complete the command's options: a script for each, made of the option table. The
 * scripts run nothing of the command: a key press should not wait for node.
 */
import type { Form } from './options/forms.js';
import type { Shell } from './shells.js';

/** The names under which the command is installed. */
const COMMANDS = ['serve', 'sluice'];

/** The script that a shell is to read. */
export function completion(shell: Shell, forms: readonly Form[]): string {
  return SCRIPTS[shell](forms);
}

const SCRIPTS: Record<Shell, (forms: readonly Form[]) => string> = { bash, zsh, fish };

/** For the bash of macOS, too, which is 3.2. */
function bash(forms: readonly Form[]): string {
  const cases = forms
    .filter(({ value, isOptional }) => value !== undefined && !isOptional)
    .map(({ names, values, isFile }) => {
      const words = values.length > 0 ? `-W ${posix(values.join('\n'))}` : isFile ? '-f' : '';
      const reply = words === '' ? '' : ` COMPREPLY=($(compgen ${words} -- "$word"));`;
      return `    ${names.join('|')})${reply} return ;;`;
    });
  const names = forms.flatMap((form) => form.names);
  return `# bash completion for serve, made by: serve --completion bash
_serve() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [ "$word" = = ]; then word=
  elif [ "$before" = = ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "$before" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W ${posix(names.join('\n'))} -- "$word")) ;;
    *) COMPREPLY=($(compgen -d -- "$word")) ;;
  esac
}
complete -o filenames -F _serve ${COMMANDS.join(' ')}
`;
}

function zsh(forms: readonly Form[]): string {
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
  return `#compdef ${COMMANDS.join(' ')}
# zsh completion for serve, made by: serve --completion zsh
_serve() {
  _arguments -s \\
${lines.join('\n')}
    '1:folder:_files -/'
}
if [ "$funcstack[1]" = _serve ]; then _serve "$@"; else compdef _serve ${COMMANDS.join(' ')}; fi
`;
}

function fish(forms: readonly Form[]): string {
  const lines = forms.map(({ names, value, isOptional, values, isFile, text }) => {
    const parts = names.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    if (value !== undefined && !isOptional) parts.push(isFile ? '-r -F' : '-x');
    if (values.length > 0) parts.push(`-a ${fishText(values.join(' '))}`);
    return `  complete -c $command ${parts.join(' ')} -d ${fishText(text)}`;
  });
  return `# fish completion for serve, made by: serve --completion fish
for command in ${COMMANDS.join(' ')}
  complete -c $command -f -a '(__fish_complete_directories)'
${lines.join('\n')}
end
`;
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
