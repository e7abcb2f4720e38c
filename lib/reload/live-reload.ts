/** Live reload, joined: the watched folder, the streams that tell pages, the script that is put into them. */
import { errorResponse } from '../http/error-response.js';
import type { RequestHead } from '../http/head.js';
import { MessageBuffer } from '../http/message-buffer.js';
import type { Response } from '../http/response.js';
import { reportError } from '../observe/channels.js';
import { type Answer, type Layer, mapAnswer } from '../site/handler.js';
import { answerConditional, isConditional } from './conditions.js';
import { EventStreams } from './event-streams.js';
import { Injection } from './injection.js';
import { EVENTS_PATH, SCRIPT_PATH } from './late.js';
import { SCRIPT_TAG, scriptOf } from './page-script.js';
import { type Chokidar, type Watcher, watchFolder } from './watcher.js';

/** What can be said about live reload. */
export interface LiveReloadOptions {
  /** Whether links out of the folder are followed. False. */
  readonly symlinks?: boolean;
  /** Files that are not served: what changes in them shows in no page. */
  readonly withheld?: readonly string[];
}

/** Loads what watching takes; nothing is watched before the first request. */
export async function createLiveReload(
  root: string,
  options: LiveReloadOptions,
): Promise<LiveReload> {
  return new LiveReload(root, options, await import('chokidar'));
}

/** Live reload of one site. */
export class LiveReload {
  readonly #start: () => Watcher;
  #started = false;
  readonly #streams = new EventStreams();
  readonly #injection = new Injection(SCRIPT_TAG);
  #script: { readonly state: string; readonly response: Response } | undefined;
  #watcher: Watcher | undefined;

  constructor(
    root: string,
    { symlinks = false, withheld = [] }: LiveReloadOptions,
    chokidar: Chokidar,
  ) {
    this.#start = () =>
      watchFolder(chokidar, {
        root,
        symlinks,
        withheld,
        onChange: (paths) => this.#streams.changed(paths),
        onError: (error) => reportError(error, ''),
      });
  }

  /** Answers for the script and the events; puts the script into pages. */
  readonly layer: Layer = (next) => (request, context) => {
    if (!this.#started) this.#watch();
    const { path } = request.target;
    if (path === EVENTS_PATH) return this.#events(request, context.remote);
    if (path === SCRIPT_PATH) return this.#own(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') return next(request, context);
    if (isConditional(request)) return answerConditional(request, context, next, this.#change);
    return mapAnswer(next(request, context), this.#change);
  };

  close(): void {
    this.#started = true;
    this.#streams.close();
    this.#watcher?.close();
  }

  /** Tried once: without it pages are served all the same. */
  #watch(): void {
    this.#started = true;
    try {
      this.#watcher = this.#start();
    } catch (error) {
      reportError(error, '');
    }
  }

  readonly #change = (response: Response): Response => this.#injection.into(response);

  /** Not before changes are seen: a page that is told that it will hear shall miss nothing. */
  #events(request: RequestHead, remote: string): Answer {
    const { ready } = this.#watcher ?? { ready: Promise.resolve() };
    return ready.then(() => this.#streams.answer(request, remote));
  }

  #own(request: RequestHead): Response {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return errorResponse(405, request.fields, ['Allow', 'GET, HEAD']);
    }
    // What changes before the page hears of changes shows when it does.
    const { state } = this.#streams;
    if (this.#script?.state !== state) this.#script = { state, response: scriptResponse(state) };
    return this.#script.response;
  }
}

function scriptResponse(state: string): Response {
  const message = MessageBuffer.of(Buffer.from(scriptOf(state), 'utf8'));
  const fields = [
    'Content-Type',
    'text/javascript; charset=utf-8',
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
  ];
  return { status: 200, fields, body: message.content, message };
}
