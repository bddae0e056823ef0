import { jenkinsCommands } from '../../../jenkins/commands/registry.ts'
import { commandsKeepTheirPromises } from '../../support/command-promises.ts'

commandsKeepTheirPromises(jenkinsCommands)
