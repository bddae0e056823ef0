import { readFile } from 'node:fs/promises'
import { defineCommand, printResult } from '../../core/command.ts'
import { describeConfig, formatConfig } from '../../core/config/describe.ts'
import { exitCodes } from '../../core/errors.ts'
import { shippedFile } from '../../core/package.ts'
import { checkAgentConfig } from '../config/check.ts'
import { loadAgentConfig } from '../config/load.ts'
import { readHardware } from '../hardware.ts'

/** `footman agent config`: what is in force and why, without any secret; exits 2 when it cannot work like that. */
export const command = defineCommand({
  options: {
    example: { summary: 'print an example of agent.yaml with every setting explained, instead' },
  },
  examples: [
    { line: 'footman agent config', explains: 'See every setting, its value and where that comes from' },
    {
      line: 'footman agent config --example > ~/.config/footman/agent.yaml',
      explains: 'Begin a configuration',
    },
  ],
  reads: true,
  async run(context, { example }) {
    if (example) {
      const text = await readFile(shippedFile('agent/agent.example.yaml'), 'utf8')
      printResult(context, { example: text }, () => text)
      return exitCodes.ok
    }
    const loaded = await loadAgentConfig(context)
    const findings = checkAgentConfig(loaded.value, readHardware())
    const result = { file: loaded.file ?? null, settings: describeConfig(loaded), findings }
    printResult(context, result, ({ settings }) => formatConfig(settings))
    for (const { severity, path, message, hint } of findings) {
      context.log[severity === 'error' ? 'error' : 'warn'](`${path}: ${message}\n  hint: ${hint}`)
    }
    return findings.some(({ severity }) => severity === 'error') ? exitCodes.usage : exitCodes.ok
  },
})
