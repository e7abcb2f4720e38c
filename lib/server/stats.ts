/** How a server is at the moment, counted when somebody asks. Knows connections by what they hold. */
import type { Holding, State } from './connection-host.js';

/** What a connection may wait for while it is open. */
export type OpenState = Exclude<State, 'closed'>;

/** How a server is; octets and numbers of connections. */
export interface ServerStats {
  readonly connections: Readonly<Record<OpenState, number>>;
  /** Connections that wait for an {@link Admission}. */
  readonly waiting: number;
  /** Since the start: connections that were told that there is no room. */
  readonly refused: number;
  /** Since the start: connections closed without a word, because too many others were being told. */
  readonly dropped: number;
  /** Octets of requests that were not handled yet: partial heads, pipelines. */
  readonly requests: number;
  /** Octets of responses that the system has not taken. */
  readonly responses: number;
  /** Octets that streams may hold in sockets beyond their first chunk. */
  readonly batches: number;
}

/** The sums over all connections. */
export function sumHoldings(
  all: Iterable<{ readonly holding: Holding }>,
): Pick<ServerStats, 'connections' | 'requests' | 'responses'> {
  const connections = { idle: 0, head: 0, content: 0, handling: 0, sending: 0, lingering: 0 };
  let requests = 0;
  let responses = 0;
  for (const { holding } of all) {
    if (holding.state !== 'closed') connections[holding.state]++;
    requests += holding.requests;
    responses += holding.responses;
  }
  return { connections, requests, responses };
}
