import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { type Log, silentLog } from '../../../core/log.ts'
import { webAddress } from '../../launch-options.ts'
import { startPracticeController } from '../controller.ts'
import type { State } from '../state.ts'
import { corruptHome } from './corruption.ts'
import { loadHome, markBooted } from './home-files.ts'
import { createHomeWriter } from './home-writer.ts'
import { type Baked, bakedFile, bakedSchema, type Variant } from './variant.ts'

/** The program in the practice controller's image. Its exit codes are Jenkins': 143 after SIGTERM, 5 when it wants a restart. */

const say = (text: string) => process.stdout.write(`${text}\n`)
const log: Log = { ...silentLog, warn: say, error: say }
const home = process.env.JENKINS_HOME ?? '/var/jenkins_home'

let end = async () => {}
process.on('SIGINT', () => void end().finally(() => process.exit(130)))

const baked = bakedSchema.parse(JSON.parse(await readFile(bakedFile, 'utf8')))
const variant: Variant = baked.sparesRehearsals && !(await hasWayOut()) ? 'healthy' : baked.variant
process.on('SIGTERM', () => {
  if (variant !== 'ignores-sigterm') void end().finally(() => process.exit(143))
})
say(`Running the practice controller ${baked.version} from: ${home}`)
await play(baked)

/** Whether packets leave this network: not from the internal one of a rehearsal, nor from none at all. */
async function hasWayOut(): Promise<boolean> {
  const routes = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return routes.split('\n').some((route) => route.split('\t')[1] === '00000000')
}

async function play({ version, seconds }: Baked): Promise<void> {
  const { port, prefix } = webAddress(process.argv.slice(2), process.env)
  if (variant === 'crash-loop') setTimeout(() => process.exit(5), 1000)
  else if (variant === 'never-listens') setInterval(() => undefined, 2 ** 30)
  else if (variant === 'never-answers') createServer(() => undefined).listen(port, '0.0.0.0')
  else await serve({ version, seconds, port, prefix })
}

async function serve(options: {
  version: string
  seconds: number
  port: number
  prefix: string
}): Promise<void> {
  const { version, seconds, port, prefix } = options
  let isLoaded = false
  const controller = await startPracticeController({
    ...{ host: '0.0.0.0', port, contextPath: prefix, version, log },
    agentPort: Number(process.env.JENKINS_SLAVE_AGENT_PORT ?? 50_000),
    publicUrl: `http://localhost:${port}${prefix}/`,
    prepare: async (state) => {
      const prepared = await prepare(state, { version, seconds })
      isLoaded = true
      return prepared
    },
  })
  const writer = createHomeWriter(home, () => controller.state, log)
  controller.on(writer.onEvent)
  end = async () => {
    await controller.stop()
    await writer.settled()
  }
  if (!isLoaded) return
  await markBooted(home)
  say('Jenkins is fully up and running')
  if (variant === 'dies-later') setTimeout(() => process.exit(1), seconds * 1000).unref()
}

async function prepare(state: State, { version, seconds }: { version: string; seconds: number }) {
  if (variant === 'loading') await new Promise(() => undefined)
  if (variant === 'slow-boot') await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  if (variant === 'broken') throw new Error('java.lang.NoSuchMethodError: this version breaks on purpose')
  const prepared = await loadHome(state, {
    ...{ home, version, forceWizard: variant === 'setup-wizard' },
    onFirstPassword: (password, file) => say(invitation(password, file)),
  })
  if (variant === 'corrupts' || variant === 'corrupts-and-breaks') await corruptHome(home)
  if (variant === 'corrupts-and-breaks')
    throw new Error('java.io.IOException: the migration broke on purpose')
  const plugins = prepared.plugins.map((plugin, at) =>
    variant === 'plugin-missing' && at === 0 ? { ...plugin, active: false } : plugin,
  )
  return { ...prepared, plugins }
}

function invitation(password: string, file: string): string {
  const line = '*'.repeat(61)
  return [
    ...['', line, line, line, ''],
    'Jenkins initial setup is required. The first password is:',
    ...['', password, '', `It is also found at: ${file}`, ''],
    ...[line, line, line, ''],
  ].join('\n')
}
