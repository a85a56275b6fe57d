#!/usr/bin/env node
/** The command `mayfly`: see `program.ts` for what it can do. */
import { run } from './program.js';

process.exitCode = await run(process.argv.slice(2));
