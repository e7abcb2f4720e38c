/**
 * nginx: the bar for a server in C, so in the best shape it has for files. One process, no log,
 * sendfile, and an open_file_cache as large as the largest scenario, for files that are missing as
 * well. `tcp_nopush` stays off, as it is by default: on the loopback it makes ranges of 64 KiB wait
 * 40 ms for a delayed ACK (measured: 1,061 of them in 2 s instead of 5,577). With its cache nginx
 * answers for a minute without looking at the file: staler than sluice may be.
 */
import fs from 'node:fs';
import path from 'node:path';
import { isInstalled, maybeStderr } from '../../support/machine.js';
import type { Place, ServerKind } from '../server.js';

export const nginx: ServerKind = {
  name: 'nginx',
  family: 'native',
  version() {
    if (!isInstalled('nginx', '-v')) return undefined;
    return /nginx\/([0-9.]+)/.exec(maybeStderr('nginx', ['-v']) ?? '')?.[1] ?? 'unknown';
  },
  command: (place) => commandOf(place, 1),
};

/** The same with two workers, for the scenario of that name. */
export const nginxWorkers: ServerKind = {
  ...nginx,
  name: 'nginx-2',
  onlyWhereNamed: true,
  command: (place) => commandOf(place, 2),
};

function commandOf(place: Place, workers: number): string[] {
  const { scratch } = place;
  const config = path.join(scratch, 'nginx.conf');
  fs.writeFileSync(config, configuration(place, workers));
  return ['nginx', '-p', scratch, '-c', config, '-e', path.join(scratch, 'log')];
}

function configuration({ root, port, scratch }: Place, workers: number): string {
  // A queue of connections for each worker: with one for both they share them out unevenly.
  const listen = `127.0.0.1:${port} backlog=4096${workers > 1 ? ' reuseport' : ''}`;
  // Workers of root's become nobody, who may not read the files.
  const asRoot = process.getuid?.() === 0;
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
${asRoot ? 'user root;' : ''}
master_process ${workers > 1 ? 'on' : 'off'};
worker_processes ${workers};
pid ${scratch}/pid;
error_log ${scratch}/log crit;
worker_rlimit_nofile 32768;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  open_file_cache max=12000 inactive=60s;
  open_file_cache_errors on;
  types {
    text/html html;
    text/css css;
    text/javascript js;
    image/jpeg jpg;
    application/octet-stream bin;
  }
  ${bodies.map((name) => `${name}_temp_path ${scratch}/${name};`).join('\n  ')}
  server { listen ${listen}; root ${root}; }
}
`;
}
