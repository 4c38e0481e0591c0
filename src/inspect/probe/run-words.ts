import { ownWords } from './own-words.ts';

/** What a program of the user's may print; more of it ends the program's pipe. */
export const mostProgramBytes = 256 * 1024;

/**
 * Body of a probe that runs its words as a program: what it prints, an empty line, and `exit CODE` as the last line. A pipe would hide the exit
 * code; hence it goes another way round.
 */
export const runWords = `
${ownWords}
exec 4>&1
code=$( { { "$@" 3>&- 4>&-; echo $? >&3; } | head -c ${mostProgramBytes} >&4; } 3>&1 )
exec 4>&-
printf '\\nexit %s\\n' "$code"`;

/** What a program printed under `runWords`. */
export interface ProgramAnswer {
  exitCode: number;
  /** Without empty lines at the end. */
  lines: string[];
  /** It printed more than is read; its exit code says nothing then. */
  cut: boolean;
}

/** undefined: that is no such answer. */
export function programAnswer(lines: readonly string[]): ProgramAnswer | undefined {
  const code = /^exit (\d{1,3})$/.exec(lines.at(-1) ?? '')?.[1];
  if (code === undefined) return undefined;
  const said = lines.slice(0, -1);
  while (said.at(-1) === '') said.pop();
  const bytes = Buffer.byteLength(said.join('\n'));
  return { exitCode: Number(code), lines: said, cut: bytes >= mostProgramBytes - 1 };
}
