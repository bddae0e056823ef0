import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** An engine with an image that keeps its contract; what it starts runs until it is asked how it does. */
const engine = `
case "$1 \${2-}" in
  'run --detach') sleep 0.4 ;;
  'image inspect')
    case $4 in
      *Size*) echo 1000 ;;
      *.Id*) echo sha256:${'a'.repeat(64)} ;;
      *Env*) echo LOG_LEVEL=info ;;
      *User*) echo 1000 ;;
    esac
    exit 0
    ;;
  'container inspect') case $4 in *Status*) echo exited 1 ;; esac; exit 0 ;;
  'top '*) printf 'PID UID\\n1 1000\\n'; exit 0 ;;
esac
${docker}
exit 0
`

const contract = [
  'environment:',
  '  LOG_LEVEL: info',
  'required:',
  '  URL: x',
  'user: not-root',
  'size: 1m',
  '',
].join('\n')

export const checkContract: FakeStep = {
  tools: { docker: engine, timeout: 'exit 1' },
  cases: [
    {
      title: 'an image that keeps it',
      parameters: { image: 'app:1', contract: 'contract.yaml', env: { A: 'b' }, network: 'net' },
      files: { 'contract.yaml': contract },
    },
  ],
}
