// What n readers of one large file cost, by arithmetic.
import { grouped, sizeOf } from './page.js';

const WHOLE_LIMIT = 1_048_576;
const HELD_PER_STREAM = 2 * 32_768;

/** @param {HTMLElement} panel */
export function startSums(panel) {
  const find = (name) => panel.querySelector(`[data-sums-${name}]`);
  const sizeInput = find('size-input');
  const readersInput = find('readers-input');

  const draw = () => {
    const size = Math.round(2 ** sizeInput.valueAsNumber);
    const readers = Math.round(10 ** readersInput.valueAsNumber);
    const whole = size * readers;
    const gate = (size <= WHOLE_LIMIT ? size : Math.min(size, HELD_PER_STREAM)) * readers;
    find('size').textContent = sizeOf(size);
    find('readers').textContent = grouped(readers);
    sizeInput.setAttribute('aria-valuetext', sizeOf(size));
    readersInput.setAttribute('aria-valuetext', `${readers} readers`);
    find('whole').textContent = sizeOf(whole);
    find('gate').textContent = sizeOf(gate);
    find('whole-bar').style.width = '100%';
    find('gate-bar').style.width = `${(gate / whole) * 100}%`;
  };
  sizeInput.addEventListener('input', draw);
  readersInput.addEventListener('input', draw);
  panel.hidden = false;
  draw();
}
