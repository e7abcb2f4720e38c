/** Measures the time to the first octet of content, over connections that are kept. */
import { answerCalls } from '../support/child.js';
import { type Answer, Connection } from './connection.js';

/** One file, asked for some times, one after the other. */
export interface FirstByteLoad {
  readonly port: number;
  readonly path: string;
  readonly length: number;
  readonly requests: number;
  /** Milliseconds after which an answer counts as an error. */
  readonly longest: number;
}

answerCalls({
  run: async ({ port, path, length, requests, longest }: FirstByteLoad): Promise<Answer[]> => {
    const connection = new Connection(port, longest);
    try {
      const answers: Answer[] = [];
      // The first one pays for the connection and is not counted.
      for (let count = 0; count <= requests; count++) {
        const answer = await connection.exchange({ path, status: 200, length });
        if (count > 0) answers.push(answer);
      }
      return answers;
    } finally {
      connection.close();
    }
  },
});
