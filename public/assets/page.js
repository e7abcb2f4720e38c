// Small things every part of the site uses. Text only ever enters the page as text, never as markup.

/** The site's root, wherever it is mounted: this file lies in <root>/assets/. */
export const ROOT = new URL('../', import.meta.url);

/**
 * @param {string} tag
 * @param {string | null} className
 * @param {...(Node | string)} children
 */
export function el(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** @param {number} octets */
export function sizeOf(octets) {
  const units = ['octets', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = octets;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** Thousands set apart by thin spaces. @param {number} value */
export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u2009');

/** Field names are case-insensitive and fetch gives them in lower case; this is how RFCs write them. */
export const fieldName = (name) =>
  name === 'etag' ? 'ETag' : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

/** Puts the address this page came from where the markup has an example address. */
export function showOrigin() {
  for (const node of document.querySelectorAll('[data-origin]')) node.textContent = location.host;
  for (const node of document.querySelectorAll('[data-command]')) {
    const command = node.dataset.command ?? '';
    node.textContent = command
      .replaceAll('{samples}', new URL('samples/', ROOT).href)
      .replaceAll('{root}', ROOT.href)
      .replaceAll('{hostname}', location.hostname)
      .replaceAll('{port}', location.port || (location.protocol === 'https:' ? '443' : '80'));
  }
}

/** The clipboard exists in secure contexts only; elsewhere the buttons stay hidden. */
export function enableCopyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll('[data-copy]')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const text = button.parentElement?.querySelector('code')?.textContent ?? '';
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      } catch {
        button.textContent = 'Not allowed';
      }
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 1500);
    });
  }
}
