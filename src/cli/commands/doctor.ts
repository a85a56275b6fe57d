import type { Command } from 'commander';
import type { Finding } from '../diagnosis.js';
import { diagnose } from '../diagnosis.js';
import { EXIT } from '../exit-codes.js';
import type { Session } from '../session.js';

const MARKS = { ok: 'ok  ', warning: 'WARN', bad: 'BAD ', unknown: '?   ' } as const;

/** `mayfly doctor`: what may go wrong, and what to change. */
export function addDoctor(program: Command, session: Session): Command {
  return program
    .command('doctor')
    .description(
      'look at settings, storage, expiration store and bucket, and say what to change; exits 1 when something is bad',
    )
    .action(async () => {
      const findings: Finding[] = [];
      for await (const finding of diagnose(session)) {
        findings.push(finding);
        if (!session.output.json) await session.output.row(finding, textOf(finding));
      }
      const bad = findings.filter(({ state }) => state === 'bad').length;
      const warnings = findings.filter(({ state }) => state === 'warning').length;
      session.output.result({ bad, warnings, findings }, `\n${summary(bad, warnings)}`);
      if (bad > 0) session.exitCode = EXIT.failed;
    });
}

function textOf({ topic, state, says, advice }: Finding): string {
  const told = `${MARKS[state]} ${topic}: ${says}`;
  return advice === undefined ? told : `${told}\n       → ${advice}`;
}

function summary(bad: number, warnings: number): string {
  if (bad === 0 && warnings === 0) return 'All is well.';
  return `${bad} bad, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`;
}
