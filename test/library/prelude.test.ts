// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { run } from '../../core/process.ts'
import { quoteShell } from '../../core/quote.ts'
import { acceptParameters } from '../../library/accept.ts'
import { readResults } from '../../library/exchange.ts'
import { loadTemplates } from '../../library/templates.ts'
import { tempDir } from '../support/temp-dir.ts'
import { unpackResource } from './harness/resource.ts'
import { sampleStep, sampleTemplates } from './sample-step.ts'

/** Runs lines of bash after the prelude. */
async function bash(lines: string, env: Readonly<Record<string, string>> = {}) {
  const prelude = loadTemplates().text('resources/prelude.sh')
  const script = ['set -euo pipefail', "step=test parameters='' bound='' secrets=''", prelude, lines].join(
    '\n',
  )
  return run(['bash', '-s'], { input: script, env: { PATH: process.env.PATH, ...env }, timeoutMs: 60_000 })
}

const plain = () => {
  const accepted = acceptParameters(sampleStep, { command: 'true', word: 'hello' }, false)
  if ('problem' in accepted) throw new Error(accepted.problem)
  return accepted.values
}
const sample = async (overrides: Readonly<Record<string, string>> = {}) =>
  unpackResource(sampleStep, await tempDir(), { templates: sampleTemplates(overrides) })

describe('small tools', () => {
  it('durations become seconds', async () => {
    const samples = ['90s', '5m', '1h30m', '1h2m3s', '0s', '08m', '']
    const { stdout } = await bash(samples.map((text) => `duration_seconds '${text}'`).join('\n'))
    expect(stdout.trim().split('\n').map(Number)).toEqual([90, 300, 5400, 3723, 0, 480, 0])
  })

  it('lines become an array, whatever they hold', async () => {
    const lines = ['a b', '', '$(x)', "it's", '*', '\\n', '-e']
    const count = await bash(
      `read_lines items ${quoteShell([lines.join('\n')])}\nprintf '%s\\n' "\${#items[@]}" "\${items[@]}"`,
    )
    expect(count.stdout).toBe(`${lines.length}\n${lines.join('\n')}\n`)
    const none = await bash('read_lines items \'\'\necho "${#items[@]}"')
    expect(none.stdout).toBe('0\n')
  })

  it('waiting ends when it is true, or in time', async () => {
    expect((await bash('wait_until 5 true && echo yes')).stdout).toBe('yes\n')
    expect((await bash('wait_until 1 false || echo no')).stdout).toBe('no\n')
  })

  it('a missing program is named with its package', async () => {
    const { exitCode, stderr } = await bash('need_program no-such-program some-package')
    expect(exitCode).toBe(1)
    expect(stderr).toBe(
      'test: it needs no-such-program, which this machine does not have\ntest: hint: on Debian: apt-get install some-package\n',
    )
  })
})

describe('results', () => {
  it('come back as they were, line breaks and percent signs included', async () => {
    const texts = fc.sample(fc.string({ unit: fc.constantFrom(...'ab%250A\n\\$"\' =é') }), {
      numRuns: 40,
      seed: 3,
    })
    const file = join(await tempDir(), 'result')
    // `$(…)` and the environment aside, a result ends where its last line ends.
    await bash(texts.map((text) => `result said ${quoteShell([text])}`).join('\n'), { CALL_RESULT: file })
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1)
    expect(lines.map((line) => readResults(sampleStep, line).values.said)).toEqual(texts)
  })

  it('have the types that were declared; others are left out', () => {
    const text =
      'count=5\nwasLoud=true\nlines=a%0Ab\nsaid=x=y\nother=1\n.report=done\n.env.PATH+X=/p\n.env.Y=a=b\n'
    expect(readResults(sampleStep, text)).toEqual({
      values: { count: 5, wasLoud: true, lines: ['a', 'b'], said: 'x=y' },
      environment: [
        ['PATH+X', '/p'],
        ['Y', 'a=b'],
      ],
      report: 'done',
    })
    expect(readResults(sampleStep, 'count=many\nlines=\n').values).toEqual({ count: null, lines: [] })
  })

  it('a variable of the body cannot hold what Jenkins would replace', async () => {
    const file = join(await tempDir(), 'result')
    const { exitCode, stderr } = await bash("body_env X 'a$b'", { CALL_RESULT: file })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('the body cannot be given X with a dollar sign in it')
  })
})

describe('phases', () => {
  it('a command is run between begin and finish, with the variables of the body and none of the step', async () => {
    const resource = await sample()
    const command = 'echo "$SAMPLE_WORD ${PATH%%:*}"; env | grep "^STEP_\\|^CALL_" || echo none'
    const { exitCode, stdout } = await resource.phase('run', { ...plain(), command })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `said ${resource.folder}\nnone\n` })
    const { values, report } = readResults(
      sampleStep,
      await readFile(join(resource.folder, 'result'), 'utf8'),
    )
    expect(values).toEqual({ said: 'hello', count: 3, wasLoud: false, lines: ['a'] })
    expect(report).toBe('said it')
  })

  it('a command ends at its first failing line, and everything is released', async () => {
    const resource = await sample()
    const { exitCode, stdout } = await resource.phase('run', {
      ...plain(),
      command: 'echo one\nfalse\necho two',
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: 'one\n' })
    await expect(stat(join(resource.folder, 'held'))).rejects.toThrow('ENOENT')
  })

  it('what begin acquired stays until end, and is released when begin itself fails', async () => {
    const resource = await sample()
    await resource.phase('begin', plain())
    await stat(join(resource.folder, 'held'))
    await resource.phase('end', plain())
    await expect(stat(join(resource.folder, 'held'))).rejects.toThrow('ENOENT')
    const failing = `${sampleTemplates().text('resources/sampleStep.sh')}\nstep_begin() { : >"$CALL_FOLDER/held"; false; }`
    const broken = await sample({ 'resources/sampleStep.sh': failing })
    expect((await broken.phase('begin', plain())).exitCode).toBe(1)
    await expect(stat(join(broken.folder, 'held'))).rejects.toThrow('ENOENT')
  })

  it('end may run twice, or before anything began', async () => {
    const resource = await sample()
    for (let time = 0; time < 2; time++) expect((await resource.phase('end', plain())).exitCode).toBe(0)
  })

  it('a dry run acquires nothing and releases nothing', async () => {
    const resource = await sample()
    expect((await resource.phase('plan', { ...plain(), dryRun: true })).stderr).toContain(
      'sampleStep: would say hello',
    )
    await resource.phase('begin', plain())
    await resource.phase('end', { ...plain(), dryRun: true })
    await stat(join(resource.folder, 'held'))
  })

  it('a secret is shown in no refusal', async () => {
    const resource = await sample()
    const { exitCode, stderr } = await resource.phase('plan', { ...plain(), password: '-hunter2' })
    expect(exitCode).toBe(1)
    expect(stderr).toContain(
      "password must be one line that does not begin with a dash, but it is '[not shown]'",
    )
    expect(stderr).not.toContain('hunter2')
  })

  it('what is missing, or does not go together, is refused', async () => {
    const resource = await sample()
    expect((await resource.phase('plan', { ...plain(), word: '' })).stderr).toContain(
      "'word' is missing: Any line",
    )
    expect((await resource.phase('plan', { ...plain(), image: 'a', code: 'b' })).stderr).toContain(
      "it takes at most one of 'image', 'code': one place is enough",
    )
    expect((await resource.phase('plan', { ...plain(), mode: 'loud', fast: false })).stderr).toContain(
      "'mode: loud' needs 'fast: true': noise is short",
    )
    expect((await resource.phase('sing', plain())).stderr).toContain("there is no phase 'sing'")
  })
})

describe('a signal', () => {
  it.each([
    ['TERM', 143],
    ['INT', 130],
    ['HUP', 143],
  ])(
    'SIG%s to bash alone ends the command with all that it started, and releases everything',
    async (signal, status) => {
      const resource = await sample()
      const mark = `footman-${process.pid}-${signal}`
      const command = `echo $PPID >"$HOME/bash"; (exec -a ${mark} sleep 61) & exec -a ${mark} sleep 62`
      const ended = resource.phase('run', { ...plain(), command })
      const file = join(resource.folder, '../bash')
      await expect.poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 10_000 }).toMatch(/\d+\n/)
      await expect.poll(async () => (await sleepers(mark)).length, { timeout: 10_000 }).toBe(2)
      process.kill(Number(await readFile(file, 'utf8')), `SIG${signal}`)
      expect((await ended).exitCode).toBe(status)
      expect(await sleepers(mark)).toEqual([])
      await expect(stat(join(resource.folder, 'held'))).rejects.toThrow('ENOENT')
    },
  )

  it('does not cut a cleanup short', async () => {
    const slow = `${sampleTemplates().text('resources/sampleStep.sh')}\nstep_end() { kill -TERM $$; kill -INT $$; sleep 0.2; rm -f "$CALL_FOLDER/held"; }`
    const resource = await sample({ 'resources/sampleStep.sh': slow })
    await resource.phase('begin', plain())
    expect((await resource.phase('end', plain())).exitCode).toBe(0)
    await expect(stat(join(resource.folder, 'held'))).rejects.toThrow('ENOENT')
  })
})

/** The processes of this name. */
async function sleepers(name: string): Promise<string[]> {
  const { stdout } = await run(['ps', '-A', '-o', 'args='], { timeoutMs: 10_000 })
  return stdout.split('\n').filter((line) => line.startsWith(`${name} `))
}
