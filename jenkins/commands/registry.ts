import type { CommandEntry } from '../../core/command.ts'

/**
 * The verbs of `footman jenkins`, in the order in which help lists them. Each module is imported only when its verb is
 * called, so that no command waits for what another needs.
 */
export const jenkinsCommands: readonly CommandEntry[] = [
  {
    noun: 'jenkins',
    verb: 'config',
    summary: 'Print the settings in force, and where each comes from',
    load: async () => (await import('./config.ts')).command,
  },
]
