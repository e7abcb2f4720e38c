/** One request by node:http, on a connection of its own: to check an answer, and for its validators. */
import http from 'node:http';

/** What came back; `length` counts the octets of the content. */
export interface Probe {
  readonly status: number;
  readonly etag: string;
  readonly length: number;
}

/** Asks once. */
export function probe(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Probe> {
  return new Promise((resolve, reject) => {
    http
      .get({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          length += chunk.length;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, etag: response.headers.etag ?? '', length });
        });
      })
      .once('error', reject);
  });
}
