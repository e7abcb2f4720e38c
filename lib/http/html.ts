/** Text in HTML. */

/** Text as the content or a quoted attribute of HTML: nothing of it is markup. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
