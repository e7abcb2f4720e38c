/** How the page of a listing looks: on a desktop a table, on a phone two lines for each entry. */

function icon(shape: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const FOLDER =
  'M1.5 3.5A1.5 1.5 0 0 1 3 2h3l1.8 2H13a1.5 1.5 0 0 1 1.5 1.5v7A1.5 1.5 0 0 1 13 14H3a1.5 1.5 0 0 1-1.5-1.5z';

/** The icon of the page in the browser's tab. */
export const ICON: string = icon(`<path fill="#2f6fd0" d="${FOLDER}"/>`);

const FOLDER_MASK = icon(`<path d="${FOLDER}"/>`);
const FILE_MASK = icon(
  '<path fill="none" stroke="#000" stroke-width="1.3" stroke-linejoin="round" d="M3.2 1.7h5.6l4 4v8.6H3.2zM8.6 1.9v4h4"/>',
);
const UP_MASK = icon(
  '<path fill="none" stroke="#000" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" d="M8 13.5v-11M3.5 7 8 2.5 12.5 7"/>',
);
const CLEAR_MASK = icon(
  '<path fill="none" stroke="#000" stroke-width="1.6" stroke-linecap="round" d="m4 4 8 8M12 4l-8 8"/>',
);

export const STYLE: string = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #1c2128; --quiet: #59636e; --line: #e3e7ec; --edge: #8a949f; --hover: #f3f6fa;
  --accent: #0b5cc4; --folder: #3f83dd; --note: #fff6dd; --note-text: #5c4400;
  font: 1rem/1.5 system-ui, sans-serif;
  background: var(--page); color: var(--text);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171c; --text: #e4e8ed; --quiet: #9aa5b1; --line: #2a3038; --edge: #6b7683; --hover: #1e232b;
    --accent: #7fb2ff; --folder: #6da4f2; --note: #33290f; --note-text: #f2dca3;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
a { color: inherit; text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: .2em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
header { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: flex-start; margin-bottom: 1rem; padding: 0 .75rem; }
/* As high as the filter beside it. Marks that are piled up on a letter stay with their name, here and below. */
nav { flex: 1 1 16rem; min-width: 0; padding: .47rem 0; overflow-y: clip; }
nav ol { margin: 0; padding: 0; font-size: 1.125rem; }
nav li, h1 { display: inline; }
nav li:not(:last-child)::after { content: " / "; white-space: pre-wrap; color: var(--quiet); }
nav a { color: var(--accent); }
h1 { font-size: inherit; font-weight: 600; }
.filter { position: relative; flex: 0 1 18rem; }
input {
  width: 100%; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--page); border: 1px solid var(--edge); border-radius: .5rem;
}
input::placeholder { color: var(--quiet); opacity: 1; }
input::-webkit-search-cancel-button {
  -webkit-appearance: none; width: 1.5rem; height: 1.5rem; margin: 0 -.25rem 0 .25rem; background: var(--quiet); cursor: pointer;
  -webkit-mask: url("${CLEAR_MASK}") center / 1.125rem no-repeat; mask: url("${CLEAR_MASK}") center / 1.125rem no-repeat;
}
input:focus-visible { outline-offset: -1px; border-radius: .5rem; }
kbd {
  position: absolute; right: .6rem; top: 50%; transform: translateY(-50%); pointer-events: none;
  padding: 0 .4rem; font: .8rem/1.4 ui-monospace, monospace; color: var(--quiet);
  border: 1px solid var(--line); border-radius: .25rem;
}
input:focus + kbd, input:not(:placeholder-shown) + kbd { display: none; }
.note { margin: 0 0 1rem; padding: .6rem .9rem; background: var(--note); color: var(--note-text); border-radius: .5rem; }
table { width: 100%; border-collapse: collapse; }
th { padding: 0; font-size: .875rem; font-weight: 500; color: var(--quiet); text-align: left; }
th a { display: inline-block; padding: .5rem .75rem; }
th:not(:has(a)) { padding: .5rem .75rem; }
th[aria-sort] { color: var(--text); font-weight: 600; }
th[aria-sort] a::after { content: "\\2009\\2191"; }
th[aria-sort=descending] a::after { content: "\\2009\\2193"; }
thead tr { border-bottom: 1px solid var(--line); }
tbody tr { border-bottom: 1px solid var(--line); }
tbody tr:hover, tbody tr:focus-within { background: var(--hover); }
td { padding: 0 .75rem; color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { width: 100%; padding: 0; color: var(--text); white-space: normal; }
th:nth-child(2), td:nth-child(2) { text-align: right; }
th:nth-child(2) { min-width: 6.5rem; }
th:nth-child(3) { min-width: 13rem; }
td a { display: flex; gap: .7rem; padding: .55rem .75rem; overflow: clip; }
td a::before {
  content: ""; flex: none; width: 1.125rem; height: 1.125rem; margin-top: .19rem; background: var(--quiet);
  -webkit-mask: url("${FILE_MASK}") center / contain no-repeat; mask: url("${FILE_MASK}") center / contain no-repeat;
}
.folder a::before { background: var(--folder); -webkit-mask-image: url("${FOLDER_MASK}"); mask-image: url("${FOLDER_MASK}"); }
.up a { color: var(--quiet); }
.up a::before { -webkit-mask-image: url("${UP_MASK}"); mask-image: url("${UP_MASK}"); }
bdi { direction: ltr; unicode-bidi: isolate; white-space: pre-wrap; overflow-wrap: anywhere; }
td a:focus-visible { outline-offset: -2px; }
i { padding: 0 .15em; font-style: normal; font-size: .85em; color: var(--note-text); background: var(--note); border-radius: .2em; }
.empty { padding: 1.5rem .75rem; margin: 0; color: var(--quiet); }
footer { display: flex; flex-wrap: wrap; gap: 0 1.5rem; justify-content: space-between; padding: .75rem; font-size: .875rem; color: var(--quiet); }
footer p { margin: 0; }
@media (pointer: coarse) {
  nav { padding: 0; }
  nav ol { line-height: 1.8; }
  nav a { padding: .35rem .2rem; margin: 0 -.2rem; }
  th a { padding-block: .75rem; }
}
/* A system's own few colors, in which backgrounds are taken away: what is drawn by them keeps theirs. */
@media (forced-colors: active) {
  td a::before, input::-webkit-search-cancel-button { forced-color-adjust: none; background: CanvasText; }
  .folder a::before { background: LinkText; }
  i { outline: 1px solid; }
}
@media (max-width: 40rem) {
  body { padding: 1rem .5rem 2rem; }
  header { padding: 0 .5rem; }
  .filter { flex-basis: 100%; }
  kbd { display: none; }
  input { padding: .65rem .75rem; }
  table, thead, tbody { display: block; }
  thead tr { display: flex; gap: .25rem; }
  th { min-width: 0 !important; }
  th a { padding: .75rem .5rem; }
  tbody tr { display: grid; grid-template-columns: auto 1fr; padding-bottom: .55rem; position: relative; }
  td { padding: 0; font-size: .875rem; text-align: left !important; }
  td:first-child { grid-column: 1 / -1; font-size: 1rem; }
  td a { padding: .6rem .5rem .1rem; }
  td a::after { content: ""; position: absolute; inset: 0; }
  td a:focus-visible { outline: none; }
  td a:focus-visible::after { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: .25rem; }
  td:nth-child(2) { padding-left: 2.3rem; }
  td:nth-child(2):not(:empty) + td:not(:empty)::before { content: "\\00b7"; margin: 0 .5rem; }
  .empty { padding: 1.5rem .5rem; }
  footer { padding: .75rem .5rem; }
}
`;
