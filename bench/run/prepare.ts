/**
 * Before a scenario: whether a server can do it at all, and whether each octet of its answers is
 * right, some hundreds of them over as many connections as the load will have.
 */

import { type Answer, Line } from '../clients/line.js';
import { type CheckedLoad, type CheckedResult, validators } from '../clients/loads.js';
import type { PlannedRequest } from '../clients/plan.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Contestant } from '../servers/contestant.js';
import type { Child } from '../support/child.js';

/** Milliseconds without an octet after which an answer has failed. */
export const ANSWER_TIMEOUT = 2000;

/** How much is compared before a run, about. */
const COMPARED = 64 * 1_048_576;
const COMPARED_ANSWERS = 2000;

/** A server that is ready for a scenario. */
export interface Prepared {
  readonly server: Contestant;
  readonly requests: readonly PlannedRequest[];
  /** Octets of an answer with its head, on average; `undefined`: not looked at. */
  readonly answerSize: number | undefined;
}

/** Something a server does not do, which is no fault of it. */
export class Unsuitable extends Error {}

/** Answers that are wrong. */
export class Faulty extends Error {
  readonly errors: number;

  constructor(errors: number, faults: readonly string[]) {
    super(faults.join('; '));
    this.errors = errors;
  }
}

/**
 * Tries a server.
 * @throws Unsuitable when it answers something else, such as 200 to a request for a range
 * @throws Faulty when its answers are wrong
 */
export async function prepare(
  scenario: Scenario,
  planned: readonly PlannedRequest[],
  server: Contestant,
  client: Child,
): Promise<Prepared> {
  const requests = scenario.revalidate ? await revalidations(planned, server.port) : planned;
  const [first] = requests;
  if (first === undefined) return { server, requests, answerSize: undefined };
  const answer = await askOnce(server.port, first);
  const status = answer.head?.status;
  if (status !== undefined && status !== first.status) {
    throw new Unsuitable(`answers ${status}, not ${first.status}`);
  }
  if (answer.fault !== undefined) throw new Faulty(1, [`${first.path}: ${answer.fault}`]);
  // The other clients compare everything they get while they are measured.
  if (scenario.client !== 'rate') return { server, requests, answerSize: undefined };
  const load: CheckedLoad = {
    port: server.port,
    requests,
    connections: scenario.connections,
    count: answersToCompare(requests, scenario.connections),
    timeout: ANSWER_TIMEOUT,
  };
  const result = await client.call<CheckedResult>('run', load);
  if (result.errors > 0) throw new Faulty(result.errors, result.faults);
  return { server, requests, answerSize: result.received / result.responses };
}

function answersToCompare(requests: readonly PlannedRequest[], connections: number): number {
  const size = (requests[0]?.content?.length ?? 0) + 1;
  const enough = Math.max(COMPARED_ANSWERS, requests.length);
  return Math.max(connections, Math.min(enough, Math.ceil(COMPARED / size)));
}

/** The same requests with the validators of their answers. */
async function revalidations(
  planned: readonly PlannedRequest[],
  port: number,
): Promise<PlannedRequest[]> {
  return Promise.all(
    planned.map(async (plan) => {
      const { head, fault } = await askOnce(port, plan);
      if (fault !== undefined) throw new Faulty(1, [`${plan.path}: ${fault}`]);
      const fields = validators((name) => head?.field(name));
      if (fields === undefined) throw new Unsuitable('sends no validator');
      return { path: plan.path, fields, status: 304 };
    }),
  );
}

async function askOnce(port: number, plan: PlannedRequest): Promise<Answer> {
  const line = new Line(port, ANSWER_TIMEOUT);
  const answer = await line.ask(plan);
  line.close();
  return answer;
}
