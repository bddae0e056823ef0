#!/usr/bin/env node
import { agentCommands } from './agent/commands/registry.ts'
import { main } from './core/main.ts'
import { packageVersion } from './core/package.ts'
import type { ProgramSpec } from './core/program-spec.ts'
import { libraryCommands } from './library/commands/registry.ts'

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
  commands: [...agentCommands, ...libraryCommands],
  firstSteps: [
    { line: 'footman agent config --example', explains: 'print a commented configuration' },
    { line: 'footman agent config', explains: 'see what is in force' },
  ],
}

await main(footman)
