// The front page: starts each part, and hides the examples whose files are not there.
import { startConditional } from './example-conditional.js';
import { startDownload } from './example-download.js';
import { startHead } from './example-head.js';
import { startRange } from './example-range.js';
import { startSeek } from './example-seek.js';
import { startGate } from './gate.js';
import { enableCopyButtons, showOrigin } from './page.js';
import { loadManifest } from './samples.js';
import { startSums } from './sums.js';

const find = (selector) => document.querySelector(selector);

showOrigin();
enableCopyButtons();
startGate(find('[data-gate]'));
startSums(find('[data-sums]'));
startConditional(find('[data-conditional]'));
startHead(find('[data-head]'));

const notice = find('[data-samples-status]');
const samples = await loadManifest();
const large = samples instanceof Map ? samples.get('large.bin') : undefined;
if (large !== undefined) {
  notice.hidden = true;
  startDownload(find('[data-download]'), large);
  startSeek(find('[data-seek]'));
  startRange(find('[data-range]'));
} else {
  notice.classList.add('warn');
  notice.textContent = samples.missing ?? 'samples/manifest.json lists no large.bin.';
  for (const example of document.querySelectorAll('[data-needs-samples]')) example.hidden = true;
  for (const option of document.querySelectorAll('[data-sample-option]')) option.remove();
}
