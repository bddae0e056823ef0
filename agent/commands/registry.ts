import type { CommandEntry } from '../../core/command.ts'
import { keepHeapSmall } from '../../core/heap.ts'

/**
 * The verbs of `footman agent`, in the order in which help lists them. Each module is imported only when its verb is
 * called, so that no command waits for, or keeps in memory, what another needs.
 */
export const agentCommands: readonly CommandEntry[] = [
  {
    noun: 'agent',
    verb: 'preflight',
    summary: 'Try everything that lending takes, and say the cure for what fails',
    load: async () => (await import('./preflight.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'run',
    summary: 'Lend this machine until you stop it',
    load: async () => {
      keepHeapSmall()
      return (await import('./run.ts')).command
    },
  },
  {
    noun: 'agent',
    verb: 'status',
    summary: 'Show what this machine lends, and what it builds',
    load: async () => (await import('./status.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'pause',
    summary: 'Take no builds for a while; those that run may end',
    load: async () => (await import('./pause.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'resume',
    summary: 'Lend again after a pause or a drain',
    load: async () => (await import('./resume.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'drain',
    summary: 'Take no more builds, and wait until the last one ended',
    load: async () => (await import('./drain.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'stop',
    summary: 'Let builds end, then end the agent',
    load: async () => (await import('./stop.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'install',
    summary: 'Make the agent a service that starts when you log in',
    load: async () => (await import('./install.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'uninstall',
    summary: 'Stop the service and remove it',
    load: async () => (await import('./uninstall.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'config',
    summary: 'Print the settings in force, and where each comes from',
    load: async () => (await import('./config.ts')).command,
  },
  {
    noun: 'agent',
    verb: 'import-swarm',
    summary: 'Write agent.yaml out of the command line of a Swarm client',
    load: async () => (await import('./import-swarm.ts')).command,
  },
]
