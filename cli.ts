#!/usr/bin/env node
import { agentCommands } from './agent/commands/registry.ts'
import type { CommandEntry } from './core/command.ts'
import type { ActEntry } from './core/demo.ts'
import { main } from './core/main.ts'
import { packageVersion } from './core/package.ts'
import type { ProgramSpec } from './core/program-spec.ts'
import { jenkinsCommands } from './jenkins/commands/registry.ts'
import { libraryCommands } from './library/commands/registry.ts'

/** One act for each trade. */
const acts: readonly ActEntry[] = [
  {
    title: 'this machine serves a Jenkins queue',
    load: async () => (await import('./agent/demo/act-one.ts')).actOne,
  },
  {
    title: 'a library is generated, and one of its steps runs here',
    load: async () => (await import('./library/demo.ts')).actTwo,
  },
  {
    title: 'an upgrade undoes itself',
    load: async () => (await import('./jenkins/demo/act-three.ts')).actThree,
  },
]

const demo: CommandEntry = {
  verb: 'demo',
  summary: 'Show on this machine what footman does, without a Jenkins',
  load: async () => (await import('./core/demo.ts')).demoCommand(acts),
}

/** Every verb is registered in the folder of its trade; this list only says which trades there are. */
const footman: ProgramSpec = {
  name: 'footman',
  version: packageVersion(),
  description: `footman serves the butler: it lends this machine's spare capacity to Jenkins as build agents, generates the
Pipeline library that builds call, and upgrades the controller without losing a byte.`,
  nouns: {
    agent: "Lend this machine's spare capacity to a Jenkins controller",
    library: 'Generate the shared library that Pipelines call',
    jenkins: 'Run a controller, and upgrade it without fear',
  },
  commands: [...agentCommands, ...libraryCommands, ...jenkinsCommands, demo],
  firstSteps: [
    { line: 'footman demo', explains: 'see what footman does, on this machine and without a Jenkins' },
    { line: 'footman agent config --example', explains: 'print a commented configuration' },
    { line: 'footman agent config', explains: 'see what is in force' },
  ],
}

await main(footman)
