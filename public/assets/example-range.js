// A range request by hand. The Range field is the truth; the three inputs only help to write it.
import { el, grouped } from './page.js';
import { SAMPLES } from './samples.js';
import {
  contentSize,
  exchange,
  hexBlock,
  rawBlock,
  requestBlock,
  responseBlock,
  showFailure,
} from './wire.js';

const HOT = ['content-range', 'content-type', 'content-length', 'accept-ranges'];

/** @param {Response} response @param {string} field what was sent, '' for nothing */
function explained(response, field) {
  const type = response.headers.get('content-type') ?? '';
  const range = response.headers.get('content-range') ?? '';
  if (response.status === 206 && type.startsWith('multipart/byteranges')) {
    return [
      'Several parts. ',
      'Each has its own Content-Range; the boundary is named in Content-Type. (§15.3.7.2)',
    ];
  }
  if (response.status === 206) {
    const length = Number(response.headers.get('content-length'));
    const octets = length === 1 ? 'octet belongs' : `${grouped(length)} octets belong`;
    return ['A part. ', `Content-Range says where the ${octets}. (§15.3.7.1)`];
  }
  if (response.status === 416) {
    return [
      'Not satisfiable. ',
      `Nothing of the file lies in that range. “${range}” tells its true size. (§15.5.17)`,
    ];
  }
  if (response.status === 200 && field === '') {
    return ['The whole file. ', 'Nothing else was asked for. (§9.3.1)'];
  }
  if (response.status === 200) {
    return [
      'The whole file. ',
      'A range in an unknown unit, or one that makes no sense, is ignored; a server may ignore any. (§14.2)',
    ];
  }
  return [`${response.status}. `, 'Not an answer this example expects.'];
}

/** @param {HTMLFormElement} form */
export function startRange(form) {
  const find = (name) => form.querySelector(`[data-${name}]`);
  const out = find('out');
  const file = find('file');
  const first = find('first');
  const last = find('last');
  const suffix = find('suffix');
  const field = find('field');
  const presets = [...form.querySelectorAll('[data-preset]')];

  const markPreset = () => {
    for (const preset of presets) {
      preset.setAttribute('aria-pressed', String(preset.dataset.preset === field.value));
    }
  };

  const compose = (event) => {
    if (event.target === suffix && suffix.value !== '') {
      first.value = '';
      last.value = '';
    } else if (event.target !== suffix) {
      suffix.value = '';
    }
    field.value =
      suffix.value !== '' ? `bytes=-${suffix.value}` : `bytes=${first.value}-${last.value}`;
    markPreset();
  };

  const takeApart = () => {
    const simple = /^bytes=(\d*)-(\d*)$/.exec(field.value);
    const isSuffix = simple !== null && simple[1] === '';
    first.value = isSuffix ? '' : (simple?.[1] ?? '');
    last.value = isSuffix ? '' : (simple?.[2] ?? '');
    suffix.value = isSuffix ? (simple?.[2] ?? '') : '';
    markPreset();
  };

  async function send() {
    const url = new URL(file.value, SAMPLES);
    if (/[^\t\x20-\x7e]/.test(field.value)) {
      showFailure(out, 'A field value is made of visible ASCII here. (§5.5)');
      return;
    }
    const headers = field.value.trim() === '' ? {} : { Range: field.value.trim() };
    try {
      const answer = await exchange(url, { headers });
      const { response, content } = answer;
      const type = response.headers.get('content-type') ?? '';
      const boundary = /^multipart\/byteranges;\s*boundary="?([^";]+)/i.exec(type)?.[1];
      const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
      const [title, text] = explained(response, headers.Range ?? '');
      const body =
        boundary !== undefined
          ? rawBlock(content, boundary)
          : hexBlock(
              content,
              Number(start ?? 0),
              `Content, ${contentSize(answer)}; offsets in the file, then hex`,
            );
      out.replaceChildren(
        requestBlock('GET', url, headers),
        responseBlock(response, HOT),
        el('p', 'says full', el('strong', null, title), text),
        ...(content.length > 0 ? [body] : []),
      );
    } catch (error) {
      showFailure(out, error);
    }
  }

  for (const input of [first, last, suffix]) input.addEventListener('input', compose);
  field.addEventListener('input', takeApart);
  for (const preset of presets) {
    preset.addEventListener('click', () => {
      field.value = preset.dataset.preset ?? '';
      takeApart();
      send();
    });
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  form.querySelector('fieldset').disabled = false;
  takeApart();
}
