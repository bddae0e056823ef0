import { type CommandContext, defineCommand, printResult } from '../../core/command.ts'
import type { ContainerEngine, EngineInfo } from '../../core/container-engine.ts'
import { exitCodes, FootmanError } from '../../core/errors.ts'
import { footmanPaths, privateFolder } from '../../core/paths.ts'
import { loadAgentConfig } from '../config/load.ts'
import type { AgentConfig } from '../config/schema.ts'
import { defaultImage } from '../containers/default-image.ts'
import { connectController } from '../daemon/connect-controller.ts'
import { findEngine } from '../daemon/find-engine.ts'
import { defaultMachineName, machineId, readHardware } from '../hardware.ts'
import { machineSensors } from '../policy/machine-sensors.ts'
import { createPolicyWatch } from '../policy/watch.ts'
import type { CheckOutcome } from '../preflight/check.ts'
import type { PreflightOptions } from '../preflight/options.ts'
import { outcomeLine, verdictLine } from '../preflight/outcome-text.ts'
import { preflight } from '../preflight/preflight.ts'

export const command = defineCommand({
  options: { noPull: { summary: 'do not fetch images that are missing, only say so' } },
  examples: [
    {
      line: 'footman agent preflight',
      explains: 'try everything that lending takes; exits 3 when something fails',
    },
    {
      line: 'footman agent preflight --json --no-pull',
      explains: 'the same for a program, without long downloads',
    },
  ],
  reads: true,
  async run(context, { noPull }) {
    const { value: config } = await loadAgentConfig(context)
    const options = await prepare(config, context)
    const { out, json } = context
    const report = (outcome: CheckOutcome) => {
      if (!json) out.write(outcomeLine(outcome, out))
    }
    try {
      const result = await preflight({ ...options, pull: !noPull }, report)
      printResult(context, result, verdictLine)
      return result.passed ? exitCodes.ok : exitCodes.remote
    } finally {
      if (!(options.engine instanceof Error)) await options.engine.close?.()
    }
  },
})

async function prepare(
  config: AgentConfig,
  context: CommandContext,
): Promise<Omit<PreflightOptions, 'pull'>> {
  const { log, env, signal } = context
  const jenkins = await connectController(config, context)
  const engine = await engineOrWhyNot(config, context)
  const info = await infoOf(engine, signal)
  const sensors = machineSensors({ dataRoot: info?.dataRoot, ownCpus: async () => 0 })
  return {
    jenkins,
    engine,
    config,
    machineName:
      config.machine.name ??
      defaultMachineName(await machineId(await privateFolder(footmanPaths({ env }).state))),
    hardware: readHardware(info),
    readings: await createPolicyWatch(sensors)(),
    defaultImage,
    onProgress: (line) => log.info(line),
    signal,
  }
}

async function engineOrWhyNot(
  config: AgentConfig,
  context: CommandContext,
): Promise<ContainerEngine | Error> {
  try {
    return await findEngine(config, context)
  } catch (error) {
    if (error instanceof FootmanError) return error
    throw error
  }
}

/** An engine that does not answer is the engine check's to tell of. */
async function infoOf(engine: ContainerEngine | Error, signal: AbortSignal): Promise<EngineInfo | undefined> {
  return engine instanceof Error ? undefined : await engine.info(signal).catch(() => undefined)
}
