/** The command line as a whole: its commands, and from whatever happens to an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addCp } from './commands/cp.js';
import { addDoctor } from './commands/doctor.js';
import { addExpire } from './commands/expire.js';
import { addFsck } from './commands/fsck.js';
import { addLs } from './commands/ls.js';
import { addMirror } from './commands/mirror.js';
import { addPurge } from './commands/purge.js';
import { addRm } from './commands/rm.js';
import { addServe } from './commands/serve.js';
import { addStat } from './commands/stat.js';
import { addTree } from './commands/tree.js';
import { addUrl } from './commands/url.js';
import { EXIT } from './exit-codes.js';
import { exitCodeOf, explain } from './failure.js';
import type { Output } from './output.js';
import { Session } from './session.js';

const HELP = `
Places are written in one of three ways:
  charts:2026/a.png       a file or directory of a namespace, in the storage of this configuration
  s3://bucket/key         any filesystem URL (osfs://, file://, s3://…?region=…&endpoint=…)
  ./photos                a path on this machine

Settings are variables such as MAYFLY_DIRECTORY_ROOT, or files (default.json) in a directory that --config or
NODE_CONFIG_DIR names; ./config is not read by itself. \`mayfly serve\` goes by the same.

Exit codes:
  0 done   1 it failed, or found something wrong   2 wrong usage or settings
  3 storage or expiration store does not answer: try again later   4 there is no such file   130 interrupted`;

/**
 * Run the command line.
 * @param args without the program itself
 * @returns the exit code
 */
export async function run(args: readonly string[]): Promise<number> {
  endQuietlyWithReader();
  const session = new Session();
  session.output.json = wantsJson(args);
  const program = programFor(session);
  try {
    await program.parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError) return refuse(error, session.output);
    const code = session.interrupted ? EXIT.interrupted : exitCodeOf(error);
    session.output.failure(explain(error), code);
    return code;
  } finally {
    await session.close();
  }
}

/** Commander tells of options only once it has understood them all. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

function refuse({ code, message }: CommanderError, output: Output): number {
  // To a person it has shown the help, which says all.
  const isMissing = code === 'commander.help';
  if (isMissing && !output.json) return EXIT.usage;
  const told = isMissing ? 'a command is missing' : message.replace(/^error: /, '').replace(/\s+/g, ' ');
  output.failure({ code: 'UsageError', message: `${told} (add --help for help)` }, EXIT.usage);
  return EXIT.usage;
}

function programFor(session: Session): Command {
  const program = new Command('mayfly')
    .description('Files in namespaces, each with a URL and, if wanted, a deadline. Without a command: serve.')
    .version(version(), '-V, --version')
    .option('--json', 'one JSON object, or for listings one a line, instead of text')
    .option(
      '--config <directory>',
      'read settings from the files in this directory, over the defaults (NODE_CONFIG_DIR)',
    )
    .addHelpText('after', HELP)
    .configureOutput({
      // Errors are told by `refuse`; what else comes here is help.
      outputError: () => {},
      writeErr: (text) => session.output.json || process.stderr.write(text),
    })
    .exitOverride()
    .hook('preAction', (_program, action) => session.configure(action.optsWithGlobals()));
  for (const add of [
    addServe,
    addPurge,
    addLs,
    addTree,
    addCp,
    addRm,
    addUrl,
    addExpire,
    addStat,
    addMirror,
    addFsck,
    addDoctor,
  ]) {
    add(program, session).option('--json', 'JSON instead of text').exitOverride();
  }
  return program;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Whoever reads our output may have had enough of it, as `head` does. */
function endQuietlyWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
}
