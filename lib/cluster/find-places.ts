/**
 * Whether places can be listened at, found out by listening there for a moment. node:cluster can't
 * be asked: workers that name the same address share its socket, also with another cluster of this
 * process, and port 0 would be another one once all workers have died. Knows nothing of workers.
 */
import net from 'node:net';
import type { Endpoint } from '../listen/endpoint.js';
import { Listeners } from '../listen/listeners.js';

/**
 * The same places, with the ports that were found where a free one was asked for.
 * @throws what `Listeners` does: EADDRINUSE, EACCES, …
 */
export async function findPlaces(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
  if (endpoints.some((endpoint) => 'fd' in endpoint)) {
    // Once all workers have died the descriptor is closed, and its number may be another socket's.
    throw new Error('workers can not share sockets that were handed over; serve without workers');
  }
  const make = (): net.Server => net.createServer((socket) => socket.destroy());
  const probes = new Listeners({ endpoints, scheme: 'http', make });
  const found = await probes.open();
  await probes.close();
  return endpoints.map((endpoint, index) => {
    // Its workers would take one another for somebody else.
    if (!('port' in endpoint)) return { ...endpoint, claimed: true };
    return { host: endpoint.host, port: found[index]?.port ?? endpoint.port };
  });
}
