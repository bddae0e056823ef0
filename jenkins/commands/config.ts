import { readFile } from 'node:fs/promises'
import { defineCommand, printResult } from '../../core/command.ts'
import { describeConfig, formatConfig } from '../../core/config/describe.ts'
import { exitCodes } from '../../core/errors.ts'
import { shippedFile } from '../../core/package.ts'
import { checkControllerConfig } from '../config/check.ts'
import { loadControllerConfig } from '../config/load.ts'

/** `footman jenkins config`: what is in force and why, without any secret; exits 2 when it cannot work like that. */
export const command = defineCommand({
  options: {
    example: { summary: 'print an example of jenkins.yaml with every setting explained, instead' },
  },
  examples: [
    { line: 'footman jenkins config', explains: 'see every setting, its value and where that comes from' },
    {
      line: 'footman jenkins config --example > ~/.config/footman/jenkins.yaml',
      explains: 'begin a configuration',
    },
  ],
  reads: true,
  async run(context, { example }) {
    if (example) {
      const text = await readFile(shippedFile('jenkins/jenkins.example.yaml'), 'utf8')
      printResult(context, { example: text }, () => text)
      return exitCodes.ok
    }
    const loaded = await loadControllerConfig(context)
    const findings = checkControllerConfig(loaded.value)
    const result = { file: loaded.file ?? null, settings: describeConfig(loaded), findings }
    printResult(context, result, ({ settings }) => formatConfig(settings))
    for (const { severity, path, message, hint } of findings) {
      context.log[severity === 'error' ? 'error' : 'warn'](`${path}: ${message}\n  hint: ${hint}`)
    }
    return findings.some(({ severity }) => severity === 'error') ? exitCodes.usage : exitCodes.ok
  },
})
