import type { CommandEntry } from '../../core/command.ts'

/**
 * The verbs of `footman agent`, in the order in which help lists them. Each module is imported only when its verb is
 * called, so that no command waits for, or keeps in memory, what another needs.
 */
export const agentCommands: readonly CommandEntry[] = [
  {
    noun: 'agent',
    verb: 'config',
    summary: 'Print the settings in force, and where each comes from',
    load: async () => (await import('./config.ts')).configCommand,
  },
]
