/** Seeking in sound and video: a browser jumps to what was not loaded yet, and hears and sees what is there. */
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { launch, openPage, skipBrowser, type Watched } from '../helpers/browser.js';
import { until } from '../helpers/client.js';
import { MIB } from '../helpers/files.js';
import { levelIn, type Picture, sound, video } from '../helpers/media.js';
import { type Command, start } from '../helpers/process.js';

const WIDTH = 640;
const HEIGHT = 480;

/** Ten pictures, each of another grey on its left, and of noise that takes many octets on its right. */
async function pictures(page: Page): Promise<Picture[]> {
  const all = await page.evaluate<string[]>(`(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = ${WIDTH};
    canvas.height = ${HEIGHT};
    const context = canvas.getContext('2d', { alpha: false });
    const all = [];
    for (let tenth = 0; tenth < 10; tenth++) {
      const grey = 20 + 20 * tenth;
      context.fillStyle = 'rgb(' + [grey, grey, grey] + ')';
      context.fillRect(0, 0, ${WIDTH}, ${HEIGHT});
      const noise = context.getImageData(${WIDTH / 2}, 0, ${WIDTH / 2}, ${HEIGHT});
      for (let index = 0; index < noise.data.length; index++) {
        if (index % 4 < 3) noise.data[index] = Math.random() * 256;
      }
      context.putImageData(noise, ${WIDTH / 2}, 0);
      all.push(canvas.toDataURL('image/webp', 0.9).split(',')[1]);
    }
    return all;
  })()`);
  return all.map((text) => Buffer.from(text, 'base64'));
}

/** Loads a medium until it could be played, without playing it. */
async function load(page: Page, kind: 'audio' | 'video', target: string): Promise<void> {
  await page.goto('/');
  await page.evaluate(`new Promise((resolve, reject) => {
    const medium = document.createElement('${kind}');
    medium.preload = 'auto';
    medium.controls = true;
    medium.addEventListener('canplay', resolve, { once: true });
    medium.addEventListener('error', () => reject(new Error(medium.error.message)));
    medium.src = '${target}';
    window.medium = medium;
    document.body.append(medium);
  })`);
}

/** Jumps to a part of the whole, and gives the time at which that ended. */
const seek = (page: Page, part: number): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    medium.addEventListener('seeked', () => resolve(medium.currentTime), { once: true });
    medium.currentTime = medium.duration * ${part};
  })`);

/** Plays a little, and gives the level that is heard. */
const hear = (page: Page): Promise<number> =>
  page.evaluate(`(async () => {
    window.context ??= new AudioContext();
    await context.resume();
    if (!window.analyser) {
      window.analyser = context.createAnalyser();
      context.createMediaElementSource(medium).connect(analyser).connect(context.destination);
    }
    const from = medium.currentTime;
    await medium.play();
    await new Promise((resolve) => {
      const look = () => medium.currentTime > from + 0.3 ? resolve() : setTimeout(look, 20);
      look();
    });
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    medium.pause();
    return samples[samples.length - 1];
  })()`);

/** The grey that is seen on the left. */
const see = (page: Page): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.createElement('canvas');
    canvas.width = medium.videoWidth;
    canvas.height = medium.videoHeight;
    const context = canvas.getContext('2d');
    context.drawImage(medium, 0, 0);
    return context.getImageData(canvas.width / 4, canvas.height / 2, 1, 1).data[0];
  })()`);

/** What the server says that it sent for a target, once all of it is over. */
async function sent(command: Command, target: string, exchanges: number): Promise<number[]> {
  const ended = () => command.events.filter((each) => each.target === target);
  await until(() => ended().length >= exchanges, 10_000, `${exchanges} exchanges end`);
  return ended().map((each) => Number(each.sent));
}

/** The first octets of the parts that were answered. */
function firsts({ got }: Watched, target: string, size: number): number[] {
  const answers = got.filter((each) => each.target === target);
  return answers.map(({ status, fields }) => {
    const range = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+)$/.exec(fields['content-range'] ?? '');
    const [, first, last, complete] = range ?? [];
    if (status !== 206 || Number(complete) !== size) throw new Error(`${status} ${range}`);
    if (Number(fields['content-length']) !== Number(last) - Number(first) + 1) {
      throw new Error(`${fields['content-length']} octets for ${range}`);
    }
    return Number(first);
  });
}

t.test('seeking', { skip: skipBrowser, timeout: 120_000 }, async (t) => {
  const root = t.testdir({ 'index.html': '<!doctype html><link rel="icon" href="data:,"><body>' });
  const { command, port } = await start(t, root, ['--log-format', 'json']);
  const origin = `http://127.0.0.1:${port}`;
  const browser: Browser = await launch(t, ['--autoplay-policy=no-user-gesture-required']);
  const open = (t: Test) => openPage(t, browser, origin);

  const check = async (
    t: Test,
    file: { kind: 'audio' | 'video'; name: string; bytes: Buffer; seconds: number },
    perceive: (page: Page, tenth: number) => Promise<void>,
  ): Promise<void> => {
    const { kind, name, bytes, seconds } = file;
    const target = `/${name}`;
    fs.writeFileSync(path.join(root, name), bytes);
    t.ok(bytes.length > 30 * MIB, `${bytes.length} octets`);
    const watched = await open(t);
    const { page, complaints } = watched;
    await load(page, kind, target);
    t.equal(await page.evaluate('medium.duration'), seconds);
    for (const part of [0.95, 0.45, 0.85]) {
      const time = await seek(page, part);
      t.ok(Math.abs(time - part * seconds) < 0.001, `${time} of ${seconds} s`);
      await perceive(page, Math.floor(part * 10));
    }
    const starts = firsts(watched, target, bytes.length);
    t.equal(starts[0], 0);
    for (const part of [0.95, 0.45]) {
      const near = starts.some((first) => Math.abs(first / bytes.length - part) < 0.05);
      t.ok(near, `asked for what is at ${part} of it: ${starts}`);
    }
    await page.close();
    const octets = await sent(command, target, starts.length);
    const most = Math.max(...octets);
    t.ok(most < 0.6 * bytes.length, `at most ${most} octets were sent at a time: it stops reading`);
    t.same(
      complaints.filter((text) => !text.startsWith('failed:')),
      [],
      'but what was not needed',
    );
  };

  await t.test('in a sound', async (t) => {
    const seconds = 1000;
    const bytes = sound(seconds, 32_000);
    await check(t, { kind: 'audio', name: 'a.wav', bytes, seconds }, async (page, tenth) => {
      const level = await hear(page);
      t.ok(Math.abs(level - levelIn(tenth)) < 0.01, `${level} is heard of tenth ${tenth}`);
    });
  });

  await t.test('in a video', async (t) => {
    const { page } = await open(t);
    await page.goto('/');
    const ten = await pictures(page);
    // Two a second.
    const all = Array.from({ length: 400 }, (_, index) => ten[Math.floor(index / 40)] as Picture);
    const bytes = video(all, 500, WIDTH, HEIGHT);
    const file = { kind: 'video', name: 'a.webm', bytes, seconds: 200 } as const;
    await check(t, file, async (page, tenth) => {
      const isRight = (grey: number): boolean => Math.abs(grey - (20 + 20 * tenth)) < 5;
      let grey = await see(page);
      // It may say that it has sought before it shows what it found.
      for (const end = Date.now() + 5000; !isRight(grey) && Date.now() < end; ) {
        grey = await see(page);
      }
      t.ok(isRight(grey), `${grey} is seen of tenth ${tenth}`);
    });
  });
});
