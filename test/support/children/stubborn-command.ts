import { defineCommand } from '../../../core/command.ts'
import { main } from '../../../core/main.ts'
import { programOf } from '../run-cli.ts'

/** A program whose one command goes on when asked to stop, and whose other one prints without end. */
await main(
  programOf({
    wait: defineCommand({
      run: async ({ out, signal }) => {
        signal.addEventListener('abort', () => out.write('asked to stop\n'))
        out.write('waiting\n')
        await new Promise(() => setInterval(() => {}, 60_000))
      },
    }),
    print: defineCommand({
      run: async ({ out, signal }) => {
        while (!signal.aborted) {
          out.write(`${'x'.repeat(1000)}\n`)
          await new Promise((resolve) => setImmediate(resolve))
        }
      },
    }),
  }),
)
