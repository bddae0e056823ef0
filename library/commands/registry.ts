import type { CommandEntry } from '../../core/command.ts'

/** The verbs of `footman library`, in the order in which help lists them. Each is imported only when it is called. */
export const libraryCommands: readonly CommandEntry[] = [
  {
    noun: 'library',
    verb: 'init',
    summary: 'Begin a library here: write a commented footman-library.yaml',
    load: async () => (await import('./init.ts')).command,
  },
  {
    noun: 'library',
    verb: 'generate',
    summary: 'Write the library, and remove what is no longer part of it',
    load: async () => (await import('./generate.ts')).command,
  },
  {
    noun: 'library',
    verb: 'check',
    summary: 'Say which files are not what they should be',
    load: async () => (await import('./check.ts')).command,
  },
  {
    noun: 'library',
    verb: 'diff',
    summary: 'Show what generating would change, line by line',
    load: async () => (await import('./diff.ts')).command,
  },
  {
    noun: 'library',
    verb: 'list',
    summary: 'List the steps and images that there are',
    load: async () => (await import('./list.ts')).command,
  },
  {
    noun: 'library',
    verb: 'show',
    summary: 'Explain a step or image, or print a part of it',
    load: async () => (await import('./show.ts')).command,
  },
  {
    noun: 'library',
    verb: 'run',
    summary: 'Run a step on this machine, without any Jenkins',
    load: async () => (await import('./run.ts')).command,
  },
]
