/** Progress with and without a terminal. */
import t from 'tap';
import { type ProgressStream, startProgress } from '../../bench/support/progress.js';

class Sink implements ProgressStream {
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  // readline moves the cursor through the same method.
  write(text: string | Uint8Array): boolean {
    this.text += text;
    return true;
  }
}

t.test('without a terminal: whole lines, sparse, no control sequences', async (t) => {
  const sink = new Sink(false);
  let time = 0;
  const bar = startProgress('scaling', 100, sink, () => time);
  for (let i = 0; i < 100; i++) {
    bar.step(`case ${i}`);
    time += 200;
  }
  bar.note('nginx is not installed');
  bar.stop();
  bar.stop();
  bar.step('too late');
  bar.note('too late');
  t.same(sink.text.split('\n'), [
    'scaling: 0/100, case 0',
    'scaling: 25/100, case 25',
    'scaling: 50/100, case 50',
    'scaling: 75/100, case 75',
    'nginx is not installed',
    '',
  ]);
});

t.test('on a terminal: one bar, taken away at the end', async (t) => {
  const sink = new Sink(true);
  const bar = startProgress('scaling', 4, sink);
  bar.step('one');
  bar.step('two');
  bar.note('a note');
  bar.stop();
  const before = sink.text.length;
  bar.step('too late');
  bar.stop();
  t.equal(sink.text.length, before, 'nothing after the end');
  t.match(sink.text, /scaling [█░]{24} \d\/4/);
  t.match(sink.text, 'two', 'what is under way is named');
  t.match(sink.text, 'a note\n');
  t.match(sink.text, '\u001b', 'the bar is drawn over itself');
});
