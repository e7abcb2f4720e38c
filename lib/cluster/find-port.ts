/**
 * Whether an address can be listened at, found out by listening there for a moment. node:cluster can't
 * be asked: workers that name the same address share its socket, also with another cluster of this
 * process, and port 0 would be another one once all workers have died. Knows nothing of workers.
 */
import net from 'node:net';

/**
 * The port to listen at, a free one for 0.
 * @throws what `net.Server` does: EADDRINUSE, EACCES, …
 */
export function findPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer((socket) => socket.destroy());
    probe.once('error', reject);
    probe.listen({ host, port }, () => {
      const found = (probe.address() as net.AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
}
