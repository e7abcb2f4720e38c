/**
 * The supervisor: tells the workers what to serve, restarts them one after the other, adds up what they
 * report, and ends them. It serves nothing itself; it knows of a worker's process what Member tells, and
 * leaves to Place when one is started.
 */
import type { Address, Endpoint } from '../listen/endpoint.js';
import { errorChannel } from '../observe/channels.js';
import type { Family } from '../observe/families.js';
import { DEFAULT_CONNECTION_LIMITS, endpointsOf, LONGEST_TIMER } from '../server/options.js';
import { type CloseResult, DEFAULT_GRACE } from '../server/server.js';
import type { RulesConfig } from '../site/rules/config.js';
import { loadRules } from '../site/rules/load.js';
import { checkCredentials, type TlsCredentials } from '../tls/credentials.js';
import { shareOf, workerCount } from './budget.js';
import type {
  ClusterEvent,
  ClusterOptions,
  ClusterServer,
  ClusterStats,
} from './cluster-server.js';
import { ConnectionCounter } from './connection-counter.js';
import { findPlaces } from './find-places.js';
import { Measurements } from './measurements.js';
import { type Ending, Member, type MemberHost } from './member.js';
import { fromPlain, type ToSupervisor } from './messages.js';
import { OneMore } from './one-more.js';
import { Place, type PlaceHost } from './place.js';
import { checkPlain, type PlainOptions } from './plain-options.js';
import { sumStats } from './sum-stats.js';

/** What a worker has beyond the grace period to end by itself; milliseconds. */
const END_TIMEOUT = 2000;

/** A worker that doesn't say in time how it is is left out of the sum; milliseconds. */
const STATS_TIMEOUT = 1000;

/**
 * Serves a directory from several processes; does nothing before `listen`.
 * @throws RangeError for a number of workers out of range, or a cache too small to be divided
 * @throws TypeError for live reload, which takes one process, and for what can't be sent to another one
 */
export function serveCluster(root: string, options: ClusterOptions = {}): ClusterServer {
  return new Supervisor(root, options);
}

/** How often a free port is looked for: between finding it and listening there it may be taken. */
const MOST_TRIES = 3;

/** Clusters of one process start one after the other: a port that one found free is not another's. */
let starting: Promise<unknown> = Promise.resolve();

class Supervisor implements ClusterServer, MemberHost, PlaceHost {
  readonly #root: string;
  #options: PlainOptions;
  readonly #requestLog: ClusterOptions['requestLog'];
  #rules: RulesConfig | undefined;
  /** Settled when no rules are being read. */
  #changing: Promise<void> = Promise.resolve();
  readonly #counter: ConnectionCounter;
  readonly #metrics: boolean;
  readonly #measurements = new Measurements();
  readonly #onEvent: (event: ClusterEvent) => void;
  readonly #places: readonly Place[];
  readonly #members = new Set<Member>();
  readonly #restarts: OneMore = new OneMore(() => this.#restart());
  /** Where the workers listen, once it is known that they can. */
  #endpoints: readonly Endpoint[];
  #addresses: readonly Address[] = [];
  #started = false;
  #serving = false;
  #closed: Promise<CloseResult> | undefined;
  #allGone: () => void = () => {};
  #killTimer: NodeJS.Timeout | undefined;
  #cut = 0;

  constructor(root: string, given: ClusterOptions) {
    const {
      workers = 'auto',
      onEvent = () => {},
      requestLog,
      rules,
      metrics = false,
      ...options
    } = given;
    const count = workerCount(workers);
    checkPlain({ ...options, rules, requestLog });
    const { connections, connectionsPerAddress } = {
      ...DEFAULT_CONNECTION_LIMITS,
      ...options.limits,
    };
    this.#root = root;
    this.#rules = rules;
    this.#requestLog = requestLog;
    this.#options = shareOf(options, count);
    this.#endpoints = endpointsOf(options);
    this.#onEvent = onEvent;
    this.#metrics = metrics;
    this.#counter = new ConnectionCounter(connections, connectionsPerAddress, () => this.#members);
    this.#places = Array.from({ length: count }, (_, index) => new Place(index + 1, this));
  }

  get pids(): number[] {
    return [...this.#members].filter(({ state }) => state === 'listening').map(({ pid }) => pid);
  }

  get isServing(): boolean {
    return this.#serving;
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  listen(): Promise<Address> {
    if (this.#started) return Promise.reject(new Error('listen was called before'));
    this.#started = true;
    const started = starting.then(() => this.#start());
    starting = started.catch(() => {});
    return started;
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

  measure(): Promise<(readonly Family[])[]> {
    return this.#measurements.all(this.#members, STATS_TIMEOUT);
  }

  restart(): Promise<void> {
    if (!this.#serving) return Promise.reject(new Error('nothing serves that could be restarted'));
    return this.#restarts.run();
  }

  setSecureContext(tls: TlsCredentials): void {
    if (this.#options.tls === undefined) throw new Error('these workers do not speak TLS');
    checkCredentials(tls);
    this.#options = { ...this.#options, tls };
    for (const member of this.#members) member.tell({ kind: 'secure', credentials: tls });
  }

  setRules(rules: RulesConfig): Promise<void> {
    // One after the other: those that were given last hold, however long others take to read.
    const changed = this.#changing.then(() => this.#changeRules(rules));
    this.#changing = changed.catch(() => {});
    return changed;
  }

  close(grace: number = DEFAULT_GRACE): Promise<CloseResult> {
    this.#closed ??= new Promise<void>((resolve) => {
      this.#allGone = resolve;
      for (const place of this.#places) place.cancel();
    }).then(() => {
      clearTimeout(this.#killTimer);
      return { cut: this.#cut };
    });
    for (const member of this.#members) member.close(grace);
    clearTimeout(this.#killTimer);
    if (this.#members.size === 0) this.#allGone();
    else {
      const most = Math.min(grace + END_TIMEOUT, LONGEST_TIMER);
      this.#killTimer = setTimeout(() => this.#killRest(), most);
    }
    return this.#closed;
  }

  kill(): void {
    void this.close(0);
    for (const member of this.#members) member.kill();
  }

  told(member: Member, message: ToSupervisor): void {
    this.#counter.told(member, message);
    if (message.kind === 'ready') {
      this.#assign(member).catch((error: Error) => member.fail(error));
    } else if (message.kind === 'listening') this.#addresses = message.addresses;
    else if (message.kind === 'measured') this.#measurements.told(member, message.families);
    else if (message.kind === 'closed') this.#cut += message.cut;
    else if (message.kind === 'error') publish(fromPlain(message.error), message.remote);
  }

  gone(member: Member, ending: Ending): void {
    this.#members.delete(member);
    this.#counter.forget(member);
    this.#measurements.gone(member);
    this.#places[member.place - 1]?.gone(member, ending);
    if (this.#closed !== undefined && this.#members.size === 0) this.#allGone();
  }

  fork(place: number): Member {
    const member = new Member(place, this);
    this.#members.add(member);
    return member;
  }

  happened(event: ClusterEvent): void {
    this.#onEvent(event);
  }

  giveUp(error: Error): void {
    this.close(0);
    this.#onEvent({ kind: 'gave-up', error });
  }

  async #start(): Promise<Address> {
    const asked = this.#endpoints;
    try {
      for (let tries = 1; !(await this.#startAt(asked, tries === MOST_TRIES)); tries++);
    } catch (error) {
      this.kill();
      await this.#closed;
      throw error;
    }
    this.#serving = true;
    // Those that served, and died while others were still starting.
    for (const place of this.#places) place.fill();
    return this.#addresses[0] as Address;
  }

  /**
   * Starts all at places that are free now.
   * @param isLast whether it has to succeed
   * @returns false: a port that was free was somebody else's before workers could listen there
   */
  async #startAt(asked: readonly Endpoint[], isLast: boolean): Promise<boolean> {
    this.#endpoints = await findPlaces(asked);
    const starts = this.#places.map((place) => place.start());
    try {
      await Promise.all(starts);
      return true;
    } catch (error) {
      const isFound = asked.some((endpoint) => 'port' in endpoint && endpoint.port === 0);
      const { code } = error as NodeJS.ErrnoException;
      if (isLast || !isFound || code !== 'EADDRINUSE' || this.isClosing) throw error;
      await Promise.allSettled(starts);
      await Promise.all([...this.#members].map((member) => member.drain()));
      return false;
    }
  }

  async #changeRules(rules: RulesConfig): Promise<void> {
    checkPlain({ rules });
    await loadRules(rules, this.#options);
    this.#rules = rules;
    for (const member of this.#members) member.tell({ kind: 'rules', rules });
  }

  async #assign(member: Member): Promise<void> {
    const room = await this.#counter.first(member, this.#places.length);
    const { perAddress } = this.#counter;
    const options = { ...this.#options, listen: this.#endpoints };
    const [root, rules, requestLog, metrics] = [
      this.#root,
      this.#rules,
      this.#requestLog,
      this.#metrics,
    ];
    const assignment = { root, options, rules, room, perAddress, requestLog, metrics };
    member.tell({ kind: 'serve', assignment });
  }

  async #restart(): Promise<void> {
    this.#onEvent({ kind: 'restarting' });
    try {
      for (const place of this.#places) await place.renew();
    } catch (error) {
      if (this.#closed !== undefined) return;
      this.#onEvent({ kind: 'restart-failed', error: error as Error });
      throw error;
    }
    this.#onEvent({ kind: 'restarted', pids: this.pids });
  }

  #killRest(): void {
    // Nobody knows what they still sent: each counts for one that was cut off.
    this.#cut += this.#members.size;
    for (const member of this.#members) member.kill();
  }
}

/** As a server does with what fails in this process. */
function publish(error: Error, remote: string): void {
  if (errorChannel.hasSubscribers) errorChannel.publish({ error, remote });
  else process.emitWarning(error);
}
