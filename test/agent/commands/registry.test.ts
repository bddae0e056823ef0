import { agentCommands } from '../../../agent/commands/registry.ts'
import { commandsKeepTheirPromises } from '../../support/command-promises.ts'

commandsKeepTheirPromises(agentCommands)
