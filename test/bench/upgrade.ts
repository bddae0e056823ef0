import { join } from 'node:path'
import { runOrThrow } from '../../core/process.ts'
import { reference } from '../e2e/upgrade/settings.ts'
import { type Theatre, theatre } from '../e2e/upgrade/theatre.ts'
import { type PrivateEngine, privateEngine } from '../support/private-engine.ts'
import type { Bench, Figure, Workbench } from './bench.ts'

const home = { files: 50_000, bytes: 2 * 10 ** 9 }

/**
 * How long Jenkins is down for an upgrade, and how long all of it takes: footman, and the script that many use (stop, copy the
 * home, run the new image). In an engine of its own; boots are left out where it says so, as they are the same for both.
 */
export const upgrades: Bench = {
  name: 'upgrade',
  needsEngine: true,
  async run({ say, defer }) {
    const engine = await privateEngine(214)
    defer(() => engine.dispose())
    say(`a controller with a home of ${home.files} files and ${home.bytes / 10 ** 9} GB`)
    const stage = await theatre({ engine, name: 'bench', ...home })
    defer(() => stage.dispose())
    say('footman upgrades it')
    const ours = await byFootman(stage, say)
    say('the classic script upgrades it')
    const classic = await byScript(stage, engine)
    return figures(ours, classic)
  },
}

/** Seconds. */
interface Taken {
  /** From the word to stop until the new container has been started. */
  downWithoutBoot: number
  down: number
  total: number
}

function figures(ours: Taken, classic: Taken): Figure[] {
  const compared = (value: number) => ({ unit: 's', baseline: { what: 'stop, cp -r, run', value } })
  return [
    {
      what: 'downtime without the boot',
      value: ours.downWithoutBoot,
      ...compared(classic.downWithoutBoot),
    },
    {
      what: '... so many times shorter than stop, cp -r, run',
      value: classic.downWithoutBoot / ours.downWithoutBoot,
      unit: 'times',
      target: { atLeast: 10 },
    },
    { what: 'downtime until the first good answer', value: ours.down, ...compared(classic.down) },
    { what: 'total, checks and backup included', value: ours.total, ...compared(classic.total) },
  ]
}

async function byFootman(stage: Theatre, say: Workbench['say']): Promise<Taken> {
  await stage.offer({ version: '2.504' })
  const startedAt = performance.now()
  const at = new Map<string, number>()
  const { outcome, said } = await stage.run({}, (phase) => void at.set(phase, performance.now()))
  if (outcome?.kind !== 'upgraded') throw new Error(`the upgrade ended as ${outcome?.kind}: ${said}`)
  const between = (from: string, to: string) => ((at.get(to) ?? 0) - (at.get(from) ?? 0)) / 1000
  const steps = ['stop', 'snapshot', 'replace', 'start', 'gate'] as const
  const parts = steps.slice(0, -1).map((step, index) => {
    return `${step} ${between(step, steps[index + 1] ?? 'gate').toFixed(1)} s`
  })
  say(`down for ${parts.join(', ')}`)
  return {
    downWithoutBoot: between('stop', 'gate'),
    down: (outcome.downtimeMs ?? 0) / 1000,
    total: (performance.now() - startedAt) / 1000,
  }
}

async function byScript(stage: Theatre, engine: PrivateEngine): Promise<Taken> {
  await stage.offer({ version: '2.516' })
  const { name, settings } = stage
  const volume = String((await engine.host.inspectVolume(settings.home))?.Mountpoint)
  const copy = join(engine.dataRoot, 'classic-copy')
  const options = `--name ${name} --network ${name}-net --restart always -v ${settings.home}:/var/jenkins_home`
  const script = [
    'set -e',
    `docker stop ${name} >/dev/null`,
    `docker rename ${name} ${name}.bak`,
    `cp -r '${volume}' '${copy}'`,
    `docker run -d ${options} ${reference(name)} >/dev/null`,
  ].join('\n')
  const startedAt = performance.now()
  await runOrThrow(['sh', '-c', script], {
    timeoutMs: 600_000,
    env: { ...process.env, DOCKER_HOST: engine.address },
  })
  const downWithoutBoot = (performance.now() - startedAt) / 1000
  await stage.running()
  const down = (performance.now() - startedAt) / 1000
  return { downWithoutBoot, down, total: down }
}
