/** The program of a worker's process. */
import { startWorker } from './worker.js';

startWorker(process);
