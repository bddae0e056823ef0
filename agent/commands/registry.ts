import type { CommandEntry } from '../../core/command.ts'

/**
 * The verbs of `footman agent`, in the order in which help lists them. Each module is imported only when its verb is
 * called, so that no command waits for, or keeps in memory, what another needs.
 */
export const agentCommands: readonly CommandEntry[] = [
  {
    noun: 'agent',
    verb: 'run',
    summary: 'Lend this machine until you stop it',
    load: async () => (await import('./run.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'config',
    summary: 'Print the settings in force, and where each comes from',
    load: async () => (await import('./config.ts')).command,
  },
  {
    verb: 'demo',
    summary: 'Show on this machine what footman does, without a Jenkins',
    load: async () => (await import('../demo/demo.ts')).command,
  },
]
