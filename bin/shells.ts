/** The shells for which there is a completion. Here alone, so that who only names them loads no scripts. */

export type Shell = 'bash' | 'zsh' | 'fish';

export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];
