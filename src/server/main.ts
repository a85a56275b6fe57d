/**
 * The program: `node dist/server/main.js`, or `npm start`.
 *
 * What keeps it from starting is one plain line on standard error and exit
 * code 1.
 */
import { explainStart, runProgram } from './program.js';

runProgram().catch((error: unknown) => {
  process.stderr.write(`mayfly could not start: ${explainStart(error)}\n`);
  process.exit(1);
});
