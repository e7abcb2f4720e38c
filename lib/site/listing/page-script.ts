/**
 * What the page of a listing does beyond showing it: the filter, the arrow keys, and times as the
 * reader's clock has them. The page is complete without. A text, for it runs in browsers only.
 */

export const SCRIPT = `
(() => {
  const filter = document.querySelector('.filter');
  const box = filter.querySelector('input');
  const status = document.querySelector('[role=status]');
  const nothing = document.querySelector('.empty:last-of-type');
  const body = document.querySelector('tbody');
  const rows = [...body.querySelectorAll('tr:not(.up)')];

  // Slices: a hundred thousand rows must not hold up the page.
  const inSlices = (items, size, act) => {
    let at = 0;
    const go = () => {
      for (const end = Math.min(at + size, items.length); at < end; at++) act(items[at]);
      if (at < items.length) setTimeout(go);
    };
    go();
  };

  const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
  for (const utc of document.querySelectorAll('th span')) utc.remove();
  inSlices([...body.querySelectorAll('time')], 500, (time) => {
    const date = new Date(time.dateTime);
    time.textContent = format.format(date);
    time.title = exact.format(date);
  });

  let names;
  let shown = '';
  const fold = (text) => text.normalize('NFC').toLowerCase();
  const apply = () => {
    const wanted = fold(box.value.trim());
    if (wanted === shown) return;
    shown = wanted;
    names ??= rows.map((row) => fold(row.cells[0].textContent));
    const words = wanted.split(/\\s+/);
    let count = 0;
    rows.forEach((row, index) => {
      const fits = words.every((word) => names[index].includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) count++;
    });
    nothing.hidden = count > 0 || rows.length === 0;
    status.textContent = wanted === '' ? '' : count + ' of ' + rows.length + ' shown';
  };
  if (rows.length > 0) filter.hidden = false;
  box.addEventListener('input', apply);
  // What was typed before is back when the reader comes back.
  addEventListener('pageshow', apply);

  const link = (row) => row.cells[0].firstElementChild;
  const next = (row, step) => {
    do row = row[step]; while (row && row.hidden);
    return row;
  };
  const move = (step) => {
    const row = document.activeElement.closest('tbody tr');
    const first = step === 'nextElementSibling' && body.firstElementChild;
    const target = row ? next(row, step) : first && first.hidden ? next(first, step) : first;
    if (target) link(target).focus();
    else if (row && step === 'previousElementSibling' && !filter.hidden) box.focus();
    return Boolean(target || row);
  };
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inBox = document.activeElement === box;
    if (event.key === '/' && !inBox && !filter.hidden) {
      box.focus();
      box.select();
    } else if (event.key === 'Escape' && inBox) {
      box.value = '';
      apply();
    } else if (event.key === 'Enter' && inBox) {
      const row = shown !== '' && rows.find((each) => !each.hidden);
      if (row) link(row).click();
    } else if (event.key === 'ArrowDown') {
      if (!move('nextElementSibling')) return;
    } else if (event.key === 'ArrowUp') {
      if (!move('previousElementSibling')) return;
    } else {
      return;
    }
    event.preventDefault();
  });
})();
`;
