import type { Command } from 'commander';
import type { SettingsOverrides } from '../../server/config.js';
import type { Session } from '../session.js';

/** `mayfly serve`: the server with its web page, until a signal ends it. */
export function addServe(program: Command, session: Session): Command {
  return program
    .command('serve')
    .description('serve files and the web page until a signal ends it; the default command')
    .option('--host <address>', 'address to listen on (MAYFLY_HOST)')
    .option('--port <number>', '0 takes a free one (MAYFLY_PORT)')
    .option('--workers <number>', 'processes that serve, beside one that purges (MAYFLY_WORKERS)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (MAYFLY_LOG_LEVEL)')
    .action(async (options: SettingsOverrides) => {
      const { host, port, workers, logLevel } = options;
      const given = Object.entries({ host, port, workers, logLevel }).filter(
        ([, value]) => value !== undefined,
      );
      const { runProgram } = await import('../../server/program.js');
      await runProgram({ ...session.overrides, ...Object.fromEntries(given) });
      // The program ends itself.
      await new Promise(() => {});
    });
}
