/**
 * The program for lineup/bun.ts, run by Bun: `bun bun.js ROOT PORT`. The least that serves files
 * and says 404: Bun.file, its defaults, no path that climbs.
 */
import path from 'node:path';

interface BunFile extends Blob {
  exists(): Promise<boolean>;
}

declare const Bun: {
  file(path: string): BunFile;
  serve(options: {
    hostname: string;
    port: number;
    fetch(request: Request): Promise<Response>;
  }): void;
};

const [root = '.', port = '0'] = process.argv.slice(2);
Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  async fetch(request) {
    const { pathname } = new URL(request.url);
    // A URL has no dot segments left, encoded ones included.
    const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const file = Bun.file(path.join(root, decodeURIComponent(name)));
    return (await file.exists()) ? new Response(file) : new Response('Not Found', { status: 404 });
  },
});
