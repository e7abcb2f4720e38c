// Jumps in a sound, and shows which parts of it the browser holds.
import { el, grouped } from './page.js';

const HEAD_OCTETS = 44;
const OCTETS_PER_SECOND = 44_100;
const LOWEST_HERTZ = 220;
const NOTES = ['A', 'A♯', 'B', 'C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯'];

const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** @param {HTMLElement} tool */
export function startSeek(tool) {
  const audio = tool.querySelector('audio');
  const bar = tool.querySelector('[data-buffered]');
  const readout = tool.querySelector('[data-readout]');

  function show() {
    if (audio.error !== null) {
      readout.textContent = `The browser can’t play it: ${audio.error.message || `error ${audio.error.code}`}`;
      return;
    }
    if (!Number.isFinite(audio.duration)) return;
    const time = audio.currentTime;
    const semitone = Math.min(35, Math.floor(time / 5));
    const note = `${NOTES[semitone % 12]}${3 + Math.floor((semitone + 9) / 12)}`;
    const hertz = Math.round(LOWEST_HERTZ * 2 ** (semitone / 12));
    const octet = HEAD_OCTETS + Math.floor(time * OCTETS_PER_SECOND);
    readout.textContent = `${clock(time)} of ${clock(audio.duration)}: ${note}, ${hertz} Hz, octet ${grouped(octet)} of the file. The bar shows what the browser holds.`;

    const spans = [];
    for (let i = 0; i < audio.buffered.length; i += 1) {
      const span = el('span', null);
      const from = audio.buffered.start(i) / audio.duration;
      span.style.left = `${from * 100}%`;
      span.style.width = `${(audio.buffered.end(i) / audio.duration - from) * 100}%`;
      spans.push(span);
    }
    const now = el('span', 'now');
    now.style.left = `${(time / audio.duration) * 100}%`;
    bar.replaceChildren(...spans, now);
  }

  for (const type of ['loadedmetadata', 'timeupdate', 'progress', 'seeked', 'error']) {
    audio.addEventListener(type, show);
  }
  for (const button of tool.querySelectorAll('[data-to]')) {
    button.addEventListener('click', () => {
      audio.currentTime = Number(button.dataset.to);
      audio.play().catch(() => show());
    });
  }
  audio.preload = 'metadata';
  show();
}
