/**
 * nginx: the bar for a server in C, so in the best shape it has for files. One process, no log,
 * sendfile, and an open_file_cache as large as the largest scenario, for files that are missing as
 * well. It then answers for a minute without looking at the file: staler than sluice may be.
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
  command(place) {
    const { scratch } = place;
    const config = path.join(scratch, 'nginx.conf');
    fs.writeFileSync(config, configuration(place));
    return ['nginx', '-p', scratch, '-c', config, '-e', path.join(scratch, 'log')];
  },
};

function configuration({ root, port, scratch }: Place): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${scratch}/pid;
error_log ${scratch}/log crit;
worker_rlimit_nofile 32768;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
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
  server { listen 127.0.0.1:${port} backlog=4096; root ${root}; }
}
`;
}
