// The drawing at the top of the page: a slider that opens and shuts the gate. It measures nothing.

/** @param {number} percent */
function says(percent) {
  if (percent === 0) return 'Shut. The reader takes nothing, so nothing more is read from disk.';
  if (percent < 35) return 'A slow reader: short draughts from disk, and long waits in between.';
  if (percent < 80) return 'The disk could do more. It is read at the rate of the reader.';
  return 'A fast reader: the gate is up, and only the disk or the network sets the pace.';
}

/** @param {HTMLElement} figure */
export function startGate(figure) {
  const slider = figure.querySelector('[data-gate-rate]');
  const output = figure.querySelector('[data-gate-says]');

  const draw = () => {
    const open = slider.valueAsNumber / 100;
    figure.style.setProperty('--open', String(open));
    output.textContent = says(slider.valueAsNumber);
    for (const animation of figure.getAnimations({ subtree: true })) {
      if ('animationName' in animation) animation.playbackRate = 0.15 + open * 1.6;
    }
  };
  slider.addEventListener('input', draw);
  draw();
}
