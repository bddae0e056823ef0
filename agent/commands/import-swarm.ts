import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { readIfExists, writeFileAtomic } from '../../core/atomic-write.ts'
import { type CommandContext, defineCommand } from '../../core/command.ts'
import { UserError } from '../../core/errors.ts'
import { fileError } from '../../core/file-error.ts'
import { footmanPaths } from '../../core/paths.ts'
import { type Imported, importSwarmArguments } from '../transports/swarm/import.ts'

export const command = defineCommand({
  arguments: {
    words: { rest: true, summary: 'The old command line of the Swarm client, behind --' },
  },
  options: {
    force: { summary: 'replace an agent.yaml that is there' },
  },
  examples: [
    {
      line: 'footman agent import-swarm -- -url https://jenkins.example.com/ -username ann -passwordFile ~/token -labels "linux docker"',
      explains: 'write agent.yaml out of what the Java client was started with',
    },
    {
      line: 'footman agent import-swarm --dry-run -- java -jar swarm-client.jar -config old.yaml',
      explains: 'only print it',
    },
  ],
  writes: true,
  async run(context, { words, force }) {
    const imported = await importFor(words, context)
    const text = yamlOf(imported)
    if (context.dryRun) {
      context.out.write(text)
      return
    }
    const path = context.configPath ?? join(footmanPaths(context).config, 'agent.yaml')
    if (!force && (await readIfExists(path)) !== undefined) {
      throw new UserError(`there is an ${path} already`, {
        hint: 'look at what would be written with --dry-run, then replace it with --force, or name another file with --config',
      })
    }
    await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error) => {
      throw fileError('create', dirname(path), error)
    })
    await writeFileAtomic(path, text, { mode: 0o600 })
    for (const note of imported.notes) context.log.info(note)
    context.log.info(`wrote ${path}; now try it: footman agent preflight`)
  },
})

/** What an old command line means on this machine. */
export function importFor(
  words: readonly string[],
  { env, cwd }: Pick<CommandContext, 'env' | 'cwd'>,
): Promise<Imported> {
  return importSwarmArguments(words, {
    cwd,
    tokenFile: join(footmanPaths({ env }).config, 'token'),
    readText: async (path) =>
      await readFile(path, 'utf8').catch((error) => {
        throw fileError('read', path, error)
      }),
  })
}

function yamlOf({ settings, notes }: Imported): string {
  const head = [
    'Made of a command line of the Swarm client; see footman agent config --example for all settings.',
    ...notes,
  ]
  return `${head.map((line) => `# ${line}\n`).join('')}${stringify(settings, { lineWidth: 0 })}`
}
