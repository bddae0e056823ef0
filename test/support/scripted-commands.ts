import type { CommandResult, RunCommand } from '../../agent/run-command.ts'

/**
 * Programs that answer from a table: the key is the beginning of the command line, the value its output, or more of its result.
 * A program that is not in the table does not exist. `ran` lists what was run.
 */
export function scriptedCommands(
  table: Record<string, string | Partial<CommandResult>>,
): RunCommand & { ran: string[] } {
  const ran: string[] = []
  const run: RunCommand = async (words) => {
    const line = words.join(' ')
    ran.push(line)
    const found = Object.entries(table).find(([key]) => line.startsWith(key))?.[1]
    if (found === undefined) return { exitCode: 127, stdout: '', stderr: `${words[0]}: not found\n` }
    const answer = typeof found === 'string' ? { stdout: found } : found
    return { exitCode: 0, stdout: '', stderr: '', ...answer }
  }
  return Object.assign(run, { ran })
}
