import { randomInt } from 'node:crypto'
import { describe } from 'vitest'
import { useDockerHost } from '../../../support/docker-host.ts'
import { hostContract } from '../../../support/host-contract.ts'

const engine = useDockerHost()

describe('the real engine keeps the contract:', () => {
  hostContract({
    get host() {
      return engine.host
    },
    image: engine.docker.image,
    labels: engine.labels,
    name: engine.name,
    port: String(randomInt(20_000, 32_000)),
  })
})
