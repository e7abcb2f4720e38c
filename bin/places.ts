/** Where the command listens: what was named by its options, the environment and a service manager. */
import { takeInherited } from '../lib/listen/activation.js';
import { type Endpoint, parseEndpoint } from '../lib/listen/endpoint.js';
import { UsageError } from './options/option.js';

/** The places that `--listen` names. @throws UsageError for one that is none */
export function namedPlaces(given: unknown, host: string): Endpoint[] {
  const texts = given === undefined ? [] : [given].flat().map(String);
  return texts.map((text) => {
    try {
      return parseEndpoint(text, host);
    } catch (error) {
      throw new UsageError(
        `--listen ${text || "''"} ${(error as Error).message}; it takes a port, host:port, tcp://host:port or unix:/path`,
      );
    }
  });
}

/**
 * The sockets that a service manager handed over to this process, if any.
 * @param named options that name places, as they were given
 * @throws UsageError where places are named as well
 */
export function inheritedPlaces(named: readonly string[]): Endpoint[] {
  let inherited: Endpoint[];
  try {
    inherited = takeInherited(process.env, process.pid);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const [first] = named;
  if (inherited.length > 0 && first !== undefined) {
    throw new UsageError(
      `--${first} names a place, and sockets were handed over by LISTEN_FDS; leave --${first} out`,
    );
  }
  return inherited;
}
