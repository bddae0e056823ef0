import { isAbsolute, resolve } from 'node:path'
import { ConfigError } from '../../../core/errors.ts'
import type { AgentConfigInput } from '../../config/schema.ts'
import { parseSizeLabel } from '../../labels/size.ts'
import { type ClientOptions, readClientArguments, readClientFile } from './client-options.ts'

export interface Imported {
  /** As they stand in agent.yaml. */
  settings: Pick<AgentConfigInput, 'controller' | 'machine' | 'templates' | 'transport' | 'swarm'>
  /** What footman does otherwise than the client did, for people. */
  notes: string[]
}

export interface ImportSources {
  cwd: string
  /** Where a password is to be kept that stood in the command line. */
  tokenFile: string
  /** Text of a file; rejects when it cannot be read. */
  readText: (path: string) => Promise<string>
}

/**
 * The settings that a command line of the Swarm client stands for. Secrets become references, never values. Throws ConfigError when
 * the client itself would refuse the line.
 */
export async function importSwarmArguments(
  words: readonly string[],
  sources: ImportSources,
): Promise<Imported> {
  const options = await withFile(readClientArguments(words), sources)
  const one = (name: string) => options.get(name)?.at(-1)
  const url = one('url')
  if (url === undefined) {
    throw new ConfigError('the Swarm client needs -url', {
      hint: 'give the whole old command line behind --',
    })
  }
  const notes: string[] = []
  const [token, user] = [tokenOf(options, sources, notes), one('username')]
  if (user === undefined) notes.push('there was no -username: controller.user is yours to fill in')
  const name = one('name')
  const features = await featuresOf(options, sources, notes)
  const env = environmentOf(options.get('env') ?? [], notes)
  const slots = Number(one('executors'))
  notes.push(...remarks(options))
  return {
    settings: {
      controller: { url, user: user ?? 'CHANGE-ME', token },
      machine: {
        ...(name !== undefined && { name }),
        ...(Number.isInteger(slots) && slots > 0 && { slots: Math.min(slots, 64) }),
        ...(features.length > 0 && { features }),
      },
      ...(Object.keys(env).length > 0 && { templates: [{ name: 'default', env }] }),
      transport: 'swarm',
      swarm: { connect: options.has('webSocket') ? 'websocket' : 'tcp' },
    },
    notes,
  }
}

async function withFile(given: ClientOptions, { cwd, readText }: ImportSources): Promise<ClientOptions> {
  const file = given.get('config')?.at(-1)
  if (file === undefined) return given
  if (given.size > 1) {
    throw new ConfigError('the Swarm client takes -config or other options, not both', {
      hint: 'leave one of them out',
    })
  }
  return readClientFile(await readText(resolve(cwd, file)))
}

/** The variable beats the password, the file is used only where neither was given (jenkinsci/swarm-plugin Client.java). */
function tokenOf(options: ClientOptions, { cwd, tokenFile }: ImportSources, notes: string[]): string {
  const variable = options.get('passwordEnvVariable')?.at(-1)
  if (variable !== undefined) return `env:${variable}`
  const file = options.get('passwordFile')?.at(-1)
  if (file !== undefined && !options.has('password'))
    return `file:${isAbsolute(file) ? file : resolve(cwd, file)}`
  const why = options.has('password')
    ? 'the password that stood in the command line, where everybody on the machine could read it, was not taken over'
    : 'there was no password'
  notes.push(`${why}: put an API token into ${tokenFile}, e.g. with (umask 077; cat > ${tokenFile})`)
  return `file:${tokenFile}`
}

/** Sizes need no label: footman reads them out of what a job asks for. */
async function featuresOf(
  options: ClientOptions,
  { cwd, readText }: ImportSources,
  notes: string[],
): Promise<string[]> {
  const file = options.get('labelsFile')?.at(-1)
  const texts = [
    ...(options.get('labels') ?? []),
    ...(file === undefined ? [] : [await readText(resolve(cwd, file))]),
  ]
  if (file !== undefined)
    notes.push(`the labels of ${file} were taken over as they are now; the file is not watched`)
  const labels = [...new Set(texts.flatMap((text) => text.split(/\s+/)).filter((label) => label !== ''))]
  const sizes = labels.filter((label) => parseSizeLabel(label))
  if (sizes.length > 0) notes.push(`${sizes.join(', ')} need no label: every size that fits is served`)
  const odd = labels.filter((label) => /[&|!<>()"']/.test(label))
  if (odd.length > 0) notes.push(`labels with operators or quotes in them were left out: ${odd.join(' ')}`)
  return labels.filter((label) => label !== 'swarm' && !sizes.includes(label) && !odd.includes(label))
}

function environmentOf(pairs: readonly string[], notes: string[]): Record<string, string> {
  const env: Record<string, string> = {}
  for (const pair of pairs) {
    const name = pair.split('=', 1)[0] ?? ''
    const mayBeSecret = /TOKEN|SECRET|PASS|KEY|CREDENTIAL|AUTH/i.test(name)
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      notes.push('a variable whose name footman does not take was left out')
    else if (mayBeSecret)
      notes.push(`${name} looks like a secret and was left out: use a credential of Jenkins`)
    else env[name] = pair.slice(name.length + 1)
  }
  return env
}

/** What the other options come to. Those that only tell the client to behave as footman does anyway are not worth a word. */
function remarks(options: ClientOptions): string[] {
  const ofOptions: readonly [names: string[], remark: string][] = [
    [['mode'], 'footman serves only builds that ask for a label, as -mode exclusive does'],
    [
      ['fsroot', 'workDir', 'internalDir', 'jar-cache'],
      'builds run in containers of their own: there is no folder of the machine in them',
    ],
    [['toolLocation'], 'tools belong into the image: templates[].image'],
    [
      ['disableSslVerification', 'sslFingerprints'],
      'certificates are always checked: name the authority of the controller with controller.caFile',
    ],
    [
      ['tunnel', 'webSocketHeader'],
      'tunnels and headers of agents are not supported; controller.agentUrl names another URL for them',
    ],
    [['prometheusPort'], 'there is no metrics port: `footman agent status --json` tells more'],
    [['description'], 'nodes describe themselves; the description was left out'],
  ]
  const said = ofOptions
    .filter(([names]) => names.some((name) => options.has(name)))
    .map(([, remark]) => remark)
  return [
    ...said,
    'nodes are called NAME-1, NAME-2 and so on, one for each container, and never carry a hash',
  ]
}
