/**
 * The supervisor: starts the workers, replaces those that die, restarts them one after the other,
 * adds up what they report, and ends them. It serves nothing itself; it knows of a worker's process
 * what Member tells.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { errorChannel } from '../observe/channels.js';
import { DEFAULT_CONNECTION_LIMITS, DEFAULT_PORT, LONGEST_TIMER } from '../server/options.js';
import { type Address, type CloseResult, DEFAULT_GRACE } from '../server/server.js';
import { Backoff } from './backoff.js';
import { shareOf, workerCount } from './budget.js';
import type {
  ClusterEvent,
  ClusterOptions,
  ClusterServer,
  ClusterStats,
} from './cluster-server.js';
import { ConnectionCounter } from './connection-counter.js';
import { type Ending, Member, type MemberHost } from './member.js';
import { type Assignment, fromPlain, type ToSupervisor } from './messages.js';
import { sumStats } from './sum-stats.js';

/** Starts of one worker that may fail in a row while no other serves; then it is given up. */
export const MOST_FAILED_STARTS = 5;

/** A worker that does not listen after this long is ended; milliseconds. */
const START_TIMEOUT = 30_000;

/** What a worker has beyond the grace period to end by itself; milliseconds. */
const END_TIMEOUT = 2000;

/** A worker that doesn't say in time how it is is left out of the sum; milliseconds. */
const STATS_TIMEOUT = 1000;

/**
 * Serves a directory from several processes; does nothing before `listen`.
 * @throws RangeError for a number of workers out of range, or a cache too small to be divided
 */
export function serveCluster(root: string, options: ClusterOptions = {}): ClusterServer {
  return new Supervisor(root, options);
}

/** One of the workers to be: who fills the place, and who is about to. */
interface Place {
  readonly number: number;
  readonly backoff: Backoff;
  current: Member | undefined;
  next: Member | undefined;
  failedStarts: number;
  timer: NodeJS.Timeout | undefined;
}

/** Who waits for a worker to listen. */
interface Arrival {
  resolve(): void;
  reject(error: Error): void;
}

class Supervisor implements ClusterServer, MemberHost {
  readonly #assignment: Omit<Assignment, 'room' | 'perAddress'>;
  readonly #counter: ConnectionCounter;
  readonly #onEvent: (event: ClusterEvent) => void;
  readonly #places: readonly Place[];
  readonly #members = new Set<Member>();
  readonly #arrivals = new Map<Member, Arrival>();
  readonly #drained = new Map<Member, () => void>();
  /** Why a worker could not serve, by its own account. */
  readonly #failures = new WeakMap<Member, Error>();
  #address: Address | undefined;
  /** Whether workers are given the port that was found free, in place of 0. */
  #pinned = false;
  /** Whether `listen` has succeeded: from then on workers that die are replaced. */
  #serving = false;
  #restarting: Promise<void> | undefined;
  #restartAgain: Promise<void> | undefined;
  #closed: Promise<CloseResult> | undefined;
  #allGone: () => void = () => {};
  #killTimer: NodeJS.Timeout | undefined;
  #cut = 0;

  constructor(root: string, { workers = 'auto', onEvent = () => {}, ...options }: ClusterOptions) {
    const count = workerCount(workers);
    const { connections, connectionsPerAddress } = {
      ...DEFAULT_CONNECTION_LIMITS,
      ...options.limits,
    };
    this.#assignment = { root, options: shareOf(options, count) };
    this.#onEvent = onEvent;
    this.#counter = new ConnectionCounter(connections, connectionsPerAddress, () => this.#members);
    this.#places = Array.from({ length: count }, (_, index) => ({
      number: index + 1,
      backoff: new Backoff(),
      current: undefined,
      next: undefined,
      failedStarts: 0,
      timer: undefined,
    }));
  }

  get pids(): number[] {
    return this.#listening().map(({ pid }) => pid);
  }

  async listen(): Promise<Address> {
    try {
      await Promise.all(this.#places.map((place) => this.#startFirst(place)));
    } catch (error) {
      this.kill();
      await this.#closed;
      throw error;
    }
    this.#serving = true;
    return this.#address as Address;
  }

  async stats(): Promise<ClusterStats> {
    const asked = [...this.#members].filter(({ state }) => state !== 'starting');
    return sumStats(
      await Promise.all(
        asked.map(async (member) => ({
          pid: member.pid,
          stats: await member.report(STATS_TIMEOUT),
        })),
      ),
    );
  }

  restart(): Promise<void> {
    if (this.#restarting === undefined) {
      this.#restarting = this.#restart().finally(() => {
        this.#restarting = undefined;
      });
      return this.#restarting;
    }
    this.#restartAgain ??= this.#restarting
      .catch(() => {})
      .then(() => {
        this.#restartAgain = undefined;
        return this.restart();
      });
    return this.#restartAgain;
  }

  close(grace: number = DEFAULT_GRACE): Promise<CloseResult> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#allGone = resolve;
      this.#places.forEach(stopWaiting);
      if (this.#members.size === 0) resolve();
    }).then(() => {
      clearTimeout(this.#killTimer);
      return { cut: this.#cut };
    });
    for (const member of this.#members) {
      if (member.state === 'starting') member.kill();
      else member.close(grace);
    }
    clearTimeout(this.#killTimer);
    this.#killTimer = setTimeout(
      () => this.#killRest(),
      Math.min(grace + END_TIMEOUT, LONGEST_TIMER),
    );
    return this.#closed;
  }

  kill(): void {
    void this.close(0);
    for (const member of this.#members) member.kill();
  }

  told(member: Member, message: ToSupervisor): void {
    this.#counter.told(member, message);
    switch (message.kind) {
      case 'ready':
        this.#assign(member);
        break;
      case 'listening':
        this.#listens(member, message.address);
        break;
      case 'failed':
        this.#failures.set(member, fromPlain(message.error));
        member.tell({ kind: 'exit' });
        break;
      case 'draining':
        this.#drained.get(member)?.();
        break;
      case 'closed':
        this.#cut += message.cut;
        member.state = 'closing';
        member.ended = true;
        member.tell({ kind: 'exit' });
        break;
      case 'error':
        publish(fromPlain(message.error), message.remote);
        break;
    }
  }

  gone(member: Member, ending: Ending): void {
    this.#members.delete(member);
    this.#counter.forget(member);
    this.#drained.get(member)?.();
    const place = this.#places[member.place - 1] as Place;
    const error = this.#failures.get(member);
    const arrival = this.#arrivals.get(member);
    this.#arrivals.delete(member);
    if (place.next === member) place.next = undefined;
    else if (place.current === member) place.current = undefined;
    if (this.#closed !== undefined) {
      if (this.#members.size === 0) this.#allGone();
    } else if (!member.ended) {
      this.#died(place, member, ending, error);
    }
    arrival?.reject(error ?? new Error(`worker ${place.number} ${describe(ending)} at its start`));
  }

  /** The first of a place: what a worker says of why it can't serve is final, other ends are not. */
  async #startFirst(place: Place): Promise<void> {
    for (;;) {
      const member = this.#fork(place);
      place.current = member;
      try {
        await this.#arrives(member);
        return;
      } catch (error) {
        const isFinal = this.#failures.has(member) || place.failedStarts >= MOST_FAILED_STARTS;
        if (isFinal || this.#closed !== undefined) throw error;
        await sleep(place.backoff.next(0));
        if (this.#closed !== undefined) throw error;
      }
    }
  }

  #fork(place: Place): Member {
    const member = new Member(place.number, this);
    this.#members.add(member);
    return member;
  }

  #arrives(member: Member): Promise<void> {
    const timer = setTimeout(() => member.kill(), START_TIMEOUT);
    return new Promise<void>((resolve, reject) => {
      this.#arrivals.set(member, { resolve, reject });
    }).finally(() => clearTimeout(timer));
  }

  #assign(member: Member): void {
    // The socket is kept by node:cluster for as long as a worker listens. After that port 0 would be
    // another one.
    if (this.#address !== undefined && this.#listening().length === 0) this.#pinned = true;
    const { root, options } = this.#assignment;
    const { port = DEFAULT_PORT } = options;
    member.tell({
      kind: 'serve',
      assignment: {
        root,
        options: { ...options, port: this.#pinned ? (this.#address as Address).port : port },
        room: this.#counter.first(member, this.#places.length),
        perAddress: this.#counter.perAddress,
      },
    });
  }

  #listens(member: Member, address: Address): void {
    this.#address ??= address;
    if (address.port !== this.#address.port) {
      // The last worker died between the assignment and now.
      member.kill();
      return;
    }
    if (this.#closed !== undefined) return;
    member.state = 'listening';
    member.since = performance.now();
    const place = this.#places[member.place - 1] as Place;
    place.failedStarts = 0;
    this.#arrivals.get(member)?.resolve();
    this.#arrivals.delete(member);
  }

  #died(place: Place, member: Member, ending: Ending, error: Error | undefined): void {
    const { pid, since } = member;
    if (since === undefined) place.failedStarts++;
    // A draining worker has a successor; before `listen` is done it is up to that.
    const isMissed = this.#serving && place.current === undefined && place.next === undefined;
    const givenUp =
      isMissed && place.failedStarts >= MOST_FAILED_STARTS && this.#listening().length === 0;
    const wait =
      isMissed && !givenUp
        ? place.backoff.next(since === undefined ? 0 : performance.now() - since)
        : undefined;
    // Why the first ones can't serve is what `listen` rejects with.
    if (this.#serving || error === undefined)
      this.#onEvent({ kind: 'died', worker: place.number, pid, ...ending, error, wait });
    if (wait !== undefined) place.timer = setTimeout(() => this.#replace(place), wait);
    if (givenUp)
      this.#giveUp(error ?? new Error(`workers end at their start: ${describe(ending)}`));
  }

  #replace(place: Place): void {
    if (place.current !== undefined || place.next !== undefined) return;
    const member = this.#fork(place);
    place.current = member;
    this.#arrives(member).then(
      () => this.#onEvent({ kind: 'replaced', worker: place.number, pid: member.pid }),
      () => {},
    );
  }

  #giveUp(error: Error): void {
    this.close(0);
    this.#onEvent({ kind: 'gave-up', error });
  }

  async #restart(): Promise<void> {
    this.#onEvent({ kind: 'restarting' });
    try {
      for (const place of this.#places) await this.#renew(place);
    } catch (error) {
      if (this.#closed !== undefined) return;
      this.#onEvent({ kind: 'restart-failed', error: error as Error });
      throw error;
    }
    this.#onEvent({ kind: 'restarted', pids: this.pids });
  }

  /** Puts a new worker in a place; the one before it stops accepting when the new one listens. */
  async #renew(place: Place): Promise<void> {
    if (this.#closed !== undefined) throw new Error('the cluster is closing');
    const next = this.#fork(place);
    place.next = next;
    await this.#arrives(next);
    const old = place.current;
    stopWaiting(place);
    place.current = next;
    place.next = undefined;
    if (old === undefined) return;
    if (old.state === 'starting') {
      old.ended = true;
      old.kill();
      return;
    }
    const drained = new Promise<void>((resolve) => this.#drained.set(old, resolve));
    old.drain();
    await drained;
    this.#drained.delete(old);
  }

  #listening(): Member[] {
    return [...this.#members].filter(({ state }) => state === 'listening');
  }

  #killRest(): void {
    // Nobody knows what they still sent: each counts for one that was cut off.
    this.#cut += this.#members.size;
    for (const member of this.#members) member.kill();
  }
}

function stopWaiting(place: Place): void {
  clearTimeout(place.timer);
  place.timer = undefined;
}

function describe({ code, signal }: Ending): string {
  return signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
}

/** As a server does with what fails in this process. */
function publish(error: Error, remote: string): void {
  if (errorChannel.hasSubscribers) errorChannel.publish({ error, remote });
  else process.emitWarning(error);
}
