/** The loads of loads.ts in a process of its own. */
import { answerCalls } from '../support/child.js';
import { run, visit } from './loads.js';

answerCalls({ run, visit });
