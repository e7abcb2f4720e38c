/** Where the command listens: what was named by its options, the environment and a service manager. */
import { takeInherited } from '../lib/listen/activation.js';
import { type Endpoint, parseEndpoint } from '../lib/listen/endpoint.js';
import { type Choices, valuesOf } from './choices.js';
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

/** Which values the options have once it is known where the command listens, and what was handed over. */
export interface SettledPlaces {
  readonly values: Record<string, unknown>;
  readonly inherited: readonly Endpoint[];
}

/**
 * Takes the sockets that a service manager handed over to this process, if any. PORT is everybody's variable:
 * it names a port only where nothing else names a place.
 * @throws UsageError where sockets were handed over and places are named as well
 */
export function settlePlaces(choices: Choices): SettledPlaces {
  const { port: given, ...others } = valuesOf(choices);
  const origin = choices.get('port')?.origin;
  // The default is no port that was named: it moves where it is taken.
  const port = origin === 'default' ? undefined : given;
  const isStray = origin === 'PORT';
  const inherited = inheritedPlaces({ ...others, ...(isStray ? {} : { port }) });
  const isMoot = isStray && (inherited.length > 0 || others.listen !== undefined);
  return { values: port === undefined || isMoot ? others : { port, ...others }, inherited };
}

function inheritedPlaces(values: Readonly<Record<string, unknown>>): Endpoint[] {
  let inherited: Endpoint[];
  try {
    inherited = takeInherited(process.env, process.pid);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const named = ['port', 'listen'].find((name) => values[name] !== undefined);
  if (inherited.length > 0 && named !== undefined) {
    throw new UsageError(
      `--${named} names a place, and sockets were handed over by LISTEN_FDS; leave --${named} out`,
    );
  }
  return inherited;
}
