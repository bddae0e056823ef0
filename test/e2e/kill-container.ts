import { runOrThrow } from '../../core/process.ts'

/** Kills a slot's container from outside, as the kernel or a careless person would. */
export async function killSlotContainer(slot: string): Promise<void> {
  const { stdout } = await runOrThrow(
    ['docker', 'ps', '--quiet', '--filter', `label=io.footman.slot=${slot}`],
    { timeoutMs: 20_000 },
  )
  const id = stdout.trim()
  if (!id) throw new Error(`no container of ${slot} runs`)
  await runOrThrow(['docker', 'kill', id], { timeoutMs: 20_000 })
}
