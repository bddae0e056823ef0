import { z } from 'zod'
import { isMode, jnlpLauncher, type NodeConfig } from './node-xml.ts'
import { element, type XmlElement } from './xml.ts'

/**
 * Binds the `json` of POST /computer/doCreateItem to a node, as Stapler binds it to a DumbSlave: only the keys that are present
 * count, unknown ones are dropped. Undefined where Jenkins 2.498 was recorded to answer 500. jenkinsci/jenkins Slave.java, DumbSlave.java.
 */
export function nodeFromForm(name: string, text: string): NodeConfig | undefined {
  const form = formSchema.safeParse(parseJson(text)).data
  if (!form || Buffer.byteLength(name) > longestNameBytes) return undefined
  const retention = form.retentionStrategy && classOf(form.retentionStrategy)
  const launcher = form.launcher && launcherElement(form.launcher)
  if (form.launcher && !launcher) return undefined
  if (form.retentionStrategy && !(retention && retentionClasses.test(retention))) return undefined
  if (form.mode !== undefined && !isMode(form.mode)) return undefined
  return {
    name,
    description: form.nodeDescription,
    remoteFs: form.remoteFS,
    executors: Number.parseInt(form.numExecutors ?? '1', 10) || 0,
    mode: form.mode ?? 'NORMAL',
    label: form.labelString ?? '',
    retention: retention ? element('retentionStrategy', [], { class: retention }) : undefined,
    launcher,
    properties: environmentElement(form.nodeProperties),
    offlineMark: undefined,
    others: [],
  }
}

/** A directory of this name is made on the controller's file system. */
const longestNameBytes = 255
const retentionClasses =
  /^hudson\.slaves\.(RetentionStrategy\$(Always|Demand|NoOp)|SimpleScheduledRetentionStrategy)$/
const verifiers = /^hudson\.plugins\.sshslaves\.verifiers\.\w+KeyVerificationStrategy$/

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const object = z.record(z.string(), z.unknown())
const formSchema = z.object({
  remoteFS: text.optional(),
  numExecutors: text.optional(),
  labelString: text.optional(),
  mode: text.optional(),
  nodeDescription: text.optional(),
  launcher: object.optional(),
  retentionStrategy: object.optional(),
  nodeProperties: z.unknown().optional(),
})

function parseJson(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}

function classOf(bean: Record<string, unknown>): string | undefined {
  const name = bean.$class ?? bean['stapler-class']
  return typeof name === 'string' ? name : undefined
}

function launcherElement(launcher: Record<string, unknown>): XmlElement | undefined {
  if (classOf(launcher) === jnlpLauncher) return inboundLauncher(launcher)
  if (classOf(launcher) === 'hudson.plugins.sshslaves.SSHLauncher') return sshLauncher(launcher)
  return undefined
}

function inboundLauncher(launcher: Record<string, unknown>): XmlElement {
  const settings = object.safeParse(launcher.workDirSettings).data ?? {}
  const optional = (name: string, value: unknown) => (value ? [element(name, String(value))] : [])
  return element(
    'launcher',
    [
      ...optional('tunnel', launcher.tunnel),
      element('workDirSettings', [
        element('disabled', String(settings.disabled ?? false)),
        ...optional('workDirPath', settings.workDirPath),
        element('internalDir', String(settings.internalDir ?? 'remoting')),
        element('failIfWorkDirIsMissing', String(settings.failIfWorkDirIsMissing ?? false)),
      ]),
      element('webSocket', String(launcher.webSocket ?? false)),
    ],
    { class: jnlpLauncher },
  )
}

/** Played by launching/. */
function sshLauncher(launcher: Record<string, unknown>): XmlElement | undefined {
  const strategy = object.safeParse(launcher.sshHostKeyVerificationStrategy).data
  const verifier = strategy && verifierElement(strategy)
  if (strategy && !verifier) return undefined
  const defaults = { launchTimeoutSeconds: '60', maxNumRetries: '10', retryWaitTime: '15' }
  const fields = { host: '', port: '22', credentialsId: '', ...defaults }
  const children = Object.entries(fields).map(([name, preset]) =>
    element(name, String(launcher[name] ?? preset)),
  )
  return element('launcher', verifier ? [...children, verifier] : children, {
    class: 'hudson.plugins.sshslaves.SSHLauncher',
    plugin: 'ssh-slaves@3.1031.v72c6b_883b_869',
  })
}

function verifierElement(strategy: Record<string, unknown>): XmlElement | undefined {
  const name = classOf(strategy)
  if (!name || !verifiers.test(name)) return undefined
  const attributes = { class: name }
  if (name.includes('.ManuallyTrusted')) {
    const trust = element('requireInitialManualTrust', String(strategy.requireInitialManualTrust ?? false))
    return element('sshHostKeyVerificationStrategy', [trust], attributes)
  }
  if (!name.includes('.ManuallyProvided')) return element('sshHostKeyVerificationStrategy', [], attributes)
  const [algorithm, key] = String(strategy.key ?? '').split(' ')
  if (!algorithm || !key || !isHostKey(algorithm, key)) return undefined
  const children = [element('key', [element('algorithm', algorithm), element('key', key)])]
  return element('sshHostKeyVerificationStrategy', children, attributes)
}

/** A public key names its own algorithm in its first bytes (RFC 4253). That the rest is a usable key is not looked at. */
function isHostKey(algorithm: string, key: string): boolean {
  const bytes = Buffer.from(key, 'base64')
  return bytes.length > 4 && bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString() === algorithm
}

export function environmentElement(properties: unknown): XmlElement | undefined {
  const env = (Array.isArray(properties) ? properties : [bagEntry(properties)])
    .filter((property) => classOf(Object(property)) === environmentClass)
    .flatMap((property) => envSchema.safeParse(property).data?.env ?? [])
  if (env.length === 0) return undefined
  const sorted = env.sort((a, b) => (a.key.toLowerCase() < b.key.toLowerCase() ? -1 : 1))
  return element('nodeProperties', [
    element(environmentClass, [
      element(
        'envVars',
        [
          element('unserializable-parents'),
          element('tree-map', [
            element('default', [
              element('comparator', [], { class: 'java.lang.String$CaseInsensitiveComparator' }),
            ]),
            element('int', String(sorted.length)),
            ...sorted.flatMap(({ key, value }) => [element('string', key), element('string', value)]),
          ]),
        ],
        { serialization: 'custom' },
      ),
    ]),
  ])
}

const environmentClass = 'hudson.slaves.EnvironmentVariablesNodeProperty'
const variable = z.object({ key: z.string(), value: z.string() })
const envSchema = z.object({ env: z.union([z.array(variable), variable.transform((one) => [one])]) })

/** In a "stapler-class-bag" the keys are class names with dashes for dots. */
function bagEntry(bag: unknown): unknown {
  const entry: unknown = Object(bag)[environmentClass.replaceAll('.', '-')]
  return entry && { ...Object(entry), $class: environmentClass }
}
