/** How the report looks: light, dark and on paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2328; --muted: #59636e; --grid: #dfe3e8; --line: #d1d7de; --own: #fff4ec; --good: #1a7f37; --bad: #c2255c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6e9ed; --muted: #9aa5b1; --grid: #2c333b; --line: #39424c; --own: #2b211b; --good: #4ac26b; --bad: #ff7b9c; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --muted: #444; --grid: #ddd; --line: #bbb; --own: #fff4ec; --good: #1a7f37; --bad: #c2255c; }
  nav { display: none; }
  .table { overflow: visible !important; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.45rem; margin: 3rem 0 .5rem; border-top: 1px solid var(--line); padding-top: 1.5rem; }
h3 { font-size: 1.12rem; margin: 2.25rem 0 .5rem; }
h3::first-letter { text-transform: uppercase; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: inherit; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; font-size: .92rem; }
dt { color: var(--muted); } dd { margin: 0; }
figure { margin: 1rem 0; overflow-x: auto; break-inside: avoid; }
figure svg { display: block; max-width: 100%; min-width: 40rem; height: auto; }
figcaption, .note, caption { color: var(--muted); font-size: .88rem; }
.note { border-left: 3px solid var(--line); padding-left: .75rem; }
.table { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { white-space: nowrap; text-align: left; padding-bottom: .25rem; }
th, td { padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; color: var(--muted); font-weight: 600; }
th:first-child { text-align: left; } tbody th { font-weight: 400; }
tr { break-inside: avoid; } tr.own > * { background: var(--own); font-weight: 600; }
.met { color: var(--good); } .missed { color: var(--bad); font-weight: 600; } .open { color: var(--muted); }
`;
