/** Text in HTML: nothing of it is markup. */
import t from 'tap';
import { escapeHtml } from '../../lib/http/html.js';

t.test('what could be markup is written by number', async (t) => {
  t.equal(escapeHtml('<a href="x" id=\'y\'>&'), '&#60;a href=&#34;x&#34; id=&#39;y&#39;&#62;&#38;');
  t.equal(escapeHtml('plain, ä 👩'), 'plain, ä 👩');
});
