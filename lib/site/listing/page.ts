/**
 * Listings for people: a page that works without script and asks for nothing beside itself. Every name in
 * it is text; the policy it is sent with lets nothing run but the script that is ours.
 */
import { createHash } from 'node:crypto';
import { escapeHtml } from '../../http/html.js';
import type { Entry } from '../../source/source.js';
import { type Order, orderQuery, type SortKey } from './order.js';
import { SCRIPT } from './page-script.js';
import { ICON, STYLE } from './page-style.js';
import { formatSize, isoTime, nameToHtml, reference, visibleName } from './text.js';
import type { Format, View, Writer } from './writer.js';

export const pageFormat: Format = {
  type: 'text/html; charset=utf-8',
  fields: [
    'Content-Security-Policy',
    [
      "default-src 'none'",
      `style-src '${hashOf(STYLE)}'`,
      `script-src '${hashOf(SCRIPT)}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ].join('; '),
    'Referrer-Policy',
    'no-referrer',
  ],
  writer: (view) => new PageWriter(view),
};

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** More folders above are left out of the way up: a path can have thousands. */
const MOST_CRUMBS = 24;

const COLUMNS: readonly (readonly [SortKey, label: string])[] = [
  ['name', 'Name'],
  ['size', 'Size'],
  ['date', 'Modified<span> (UTC)</span>'],
];

class PageWriter implements Writer {
  readonly #view: View;
  #folders = 0;
  #files = 0;
  #octets = 0;

  constructor(view: View) {
    this.#view = view;
  }

  begin(): string {
    const { path, order, overflow } = this.#view;
    const isRoot = path === '/';
    const title = isRoot ? '/' : `${path.slice(path.lastIndexOf('/') + 1)}/`;
    const columns = COLUMNS.map(([key, label]) =>
      overflow === undefined ? sortHead(key, label, order) : `<th scope="col">${label}</th>`,
    );
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(visibleName(title))}</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>
<header>
<nav aria-label="Folders above"><ol>${crumbs(path)}</ol></nav>
<div class="filter" hidden><input type="search" aria-label="Filter by name" aria-keyshortcuts="/" placeholder="Filter by name" autocomplete="off" autocapitalize="off" spellcheck="false"><kbd aria-hidden="true">/</kbd></div>
</header>
<main>
${this.#note()}<table>
<thead><tr>${columns.join('')}</tr></thead>
<tbody>
${isRoot ? '' : '<tr class="up"><td><a href="../" rel="up"><bdi>Parent folder</bdi></a></td><td></td><td></td></tr>\n'}`;
  }

  entries(entries: readonly Entry[]): string {
    let text = '';
    for (const entry of entries) text += this.#row(entry);
    return text;
  }

  end(): string {
    const isEmpty = this.#folders + this.#files === 0;
    return `</tbody>
</table>
${isEmpty ? '<p class="empty">This folder is empty.</p>\n' : ''}<p class="empty" hidden>No name here matches.</p>
</main>
<footer><p>${this.#summary()}</p><p role="status"></p></footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
  }

  #note(): string {
    const { overflow, maxSorted } = this.#view;
    if (overflow === undefined) return '';
    const reason =
      overflow === 'size'
        ? `This folder holds more than ${formatCount(maxSorted)} entries. They`
        : 'Many large folders are being listed just now. The entries of this one';
    return `<p class="note">${reason} are listed as the disk gives them, in no order.</p>\n`;
  }

  #row({ name, kind, size, modified }: Entry): string {
    const isFolder = kind === 'collection';
    if (isFolder) this.#folders++;
    else this.#files++;
    this.#octets += size ?? 0;
    const link = `<a href="${escapeHtml(reference(name, isFolder))}"><bdi>${nameToHtml(name)}${isFolder ? '/' : ''}</bdi></a>`;
    const octets = size === undefined ? '<td>' : `<td title="${size} bytes">${formatSize(size)}`;
    const iso = isoTime(modified);
    const time = iso === undefined ? '' : `<time datetime="${iso}">${shortTime(iso)}</time>`;
    return `<tr${isFolder ? ' class="folder"' : ''}><td>${link}</td>${octets}</td><td>${time}</td></tr>\n`;
  }

  #summary(): string {
    const parts: string[] = [];
    if (this.#folders > 0) parts.push(counted(this.#folders, 'folder'));
    if (this.#files > 0) {
      parts.push(counted(this.#files, 'file'), formatSize(this.#octets));
    }
    return parts.join(', ');
  }
}

/** A heading that sorts: the other way round where it is sorted by that already. */
function sortHead(key: SortKey, label: string, order: Order): string {
  const isCurrent = key === order.key;
  // Who asks for sizes or dates first wants the largest, the latest.
  const descending = isCurrent ? !order.descending : key !== 'name';
  const state = order.descending ? 'descending' : 'ascending';
  const href = escapeHtml(orderQuery({ key, descending }));
  return `<th scope="col"${isCurrent ? ` aria-sort="${state}"` : ''}><a href="${href}">${label}</a></th>`;
}

/** The folders from the root down to this one, as links that go up. */
function crumbs(path: string): string {
  const names = path === '/' ? [] : path.slice(1).split('/');
  const left = Math.max(0, names.length - MOST_CRUMBS);
  const items = ['Home', ...names.slice(left).map(nameToHtml)].map((label, index) => {
    const up = names.length - (index === 0 ? 0 : index + left);
    if (up === 0) return `<li><h1 aria-current="page"><bdi>${label}</bdi></h1></li>`;
    return `<li><a href="${'../'.repeat(up)}"><bdi>${label}</bdi></a></li>`;
  });
  if (left > 0) items.splice(1, 0, '<li>…</li>');
  return items.join('');
}

function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',');
}

/** `2026-11-21 18:24` of an ISO time. */
function shortTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}`;
}
