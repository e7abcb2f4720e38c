/** nginx with one process, sendfile and open_file_cache: the bar for a server in C. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isInstalled, pin } from '../support/machine.js';
import type { Contestant } from './contestant.js';

/** Starts nginx, or returns `undefined` where it is not installed. */
export async function startNginx(root: string): Promise<Contestant | undefined> {
  if (!isInstalled('nginx', '-v')) return undefined;
  const port = await freePort();
  // Beside the files, in the folder that is removed at the end, under a name that isn't asked for.
  const home = path.join(root, '.nginx');
  fs.mkdirSync(home, { recursive: true });
  const config = path.join(home, 'nginx.conf');
  fs.writeFileSync(config, configuration(root, home, port));
  const [command, args] = pin(0, 'nginx', ['-p', home, '-c', config, '-e', path.join(home, 'log')]);
  const child = spawn(command, args, { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const contestant: Contestant = {
    name: 'nginx',
    pid: child.pid as number,
    port,
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', kill);
    },
  };
  await untilListening(port, () => child.exitCode !== null);
  return contestant;
}

function configuration(root: string, home: string, port: number): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${home}/pid;
error_log ${home}/log crit;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=1000 inactive=60s;
  types { application/octet-stream bin; }
  ${bodies.map((name) => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  server { listen 127.0.0.1:${port} backlog=4096; root ${root}; }
}
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
    probe.once('error', reject);
  });
}

async function untilListening(port: number, ended: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100 && !ended(); attempt++) {
    if (await canConnect(port)) return;
    await sleep(50);
  }
  throw new Error('nginx did not start; leave it out with --without nginx');
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
