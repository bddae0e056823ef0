import { beforeAll } from 'vitest'
import { forgetAllSecrets } from '../../core/secret.ts'

// Files of tests share a process: what one of them calls a secret is an ordinary word to the next.
beforeAll(forgetAllSecrets)
