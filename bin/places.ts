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

/**
 * The values that options have. The default port is none that was named: it moves where it is taken. PORT is
 * everybody's variable: it names a port only where nothing else names a place.
 */
export function namedValues(choices: Choices): Record<string, unknown> {
  const { port, ...others } = valuesOf(choices);
  const origin = choices.get('port')?.origin;
  const isMoot = origin === 'default' || (origin === 'PORT' && others.listen !== undefined);
  return isMoot || port === undefined ? others : { port, ...others };
}

/** Which values the options have once it is known where the command listens, and what was handed over. */
export interface SettledPlaces {
  readonly values: Record<string, unknown>;
  readonly inherited: readonly Endpoint[];
}

/**
 * Takes the sockets that a service manager handed over to this process, if any; PORT says nothing then.
 * @throws UsageError where sockets were handed over and places are named as well
 */
export function settlePlaces(choices: Choices): SettledPlaces {
  const named = namedValues(choices);
  const { port: _, ...others } = named;
  const isStray = choices.get('port')?.origin === 'PORT';
  const inherited = inheritedPlaces(isStray ? others : named);
  return { values: isStray && inherited.length > 0 ? others : named, inherited };
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
