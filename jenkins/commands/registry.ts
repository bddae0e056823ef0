import type { CommandEntry } from '../../core/command.ts'

/**
 * The verbs of `footman jenkins`, in the order in which help lists them. Each module is imported only when its verb is
 * called, so that no command waits for what another needs.
 */
export const jenkinsCommands: readonly CommandEntry[] = [
  {
    noun: 'jenkins',
    verb: 'image',
    summary: 'Make the image of the controller, with its plugins',
    load: async () => (await import('./image.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'up',
    summary: 'Start the controller, and wait until it answers',
    load: async () => (await import('./up.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'status',
    summary: 'Show what runs, what is new, and how the last upgrades went',
    load: async () => (await import('./status.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'upgrade',
    summary: 'Upgrade the controller; whatever goes wrong brings the old version back',
    load: async () => (await import('./upgrade.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'rollback',
    summary: 'Go back to a backup, and to the version that ran on it',
    load: async () => (await import('./rollback.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'backups',
    summary: 'List the backups, verify them, or take one elsewhere',
    load: async () => (await import('./backups.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'prune',
    summary: 'Remove what the rules no longer keep',
    load: async () => (await import('./prune.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'schedule',
    summary: 'Upgrade by a schedule, until you stop it',
    load: async () => (await import('./schedule.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'recover',
    summary: 'Bring to its end what was left unfinished',
    load: async () => (await import('./recover.ts')).command,
  },
  {
    noun: 'jenkins',
    verb: 'config',
    summary: 'Print the settings in force, and where each comes from',
    load: async () => (await import('./config.ts')).command,
  },
]
