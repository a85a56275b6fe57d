#!/usr/bin/env node
/** The command `mayfly`: see `program.ts` for what it can do. */
import { run } from './program.js';

// A dependency's word to developers is noise to whoever runs a command, and no JSON.
process.removeAllListeners('warning');

process.exitCode = await run(process.argv.slice(2));
