import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

const commit = '0123456789abcdef0123456789abcdef01234567'
const digest = `sha256:${'0'.repeat(64)}`

/** An engine that holds the images that it was told to make, too. Building and pushing takes a while. */
const engine = `${docker}
image() { printf '%s' "$FAKE_STATE/held/image-\${1//[\\/:]/_}"; }
case "$1" in
  build)
    while [ "$1" != --tag ]; do shift; done
    sleep 0.4
    : >"$(image "$2")"
    ;;
  tag) : >"$(image "$3")" ;;
  rmi) for word in "$@"; do rm -f "$(image "$word")"; done ;;
  push) sleep 0.4; echo "tag: digest: ${digest} size: 528" ;;
esac
exit 0
`

/** Runs what it is told to, for as long as that takes. */
const timeout = `
while case $1 in --*) true ;; *) false ;; esac do shift; done
shift
exec "$@"
`

export const autobuildImage: FakeStep = {
  tools: {
    docker: engine,
    timeout,
    'docker-compose': 'exit 0',
    curl: 'exit 0',
    git: `case "$1" in symbolic-ref) echo main ;; rev-parse) echo ${commit} ;; esac`,
  },
  cases: [
    {
      title: 'what was pushed, with a login and a webhook',
      parameters: {
        repository: 'registry.example.com/team/app',
        registryLogin: 'push',
        test: 'app --version',
        webhook: 'https://deploy.example.com/x',
        webhookToken: 'hook',
      },
      credentials: { push: { username: 'pusher', password: 'secret' }, hook: { value: 'secret' } },
    },
    {
      title: 'without pushing',
      parameters: {
        repository: 'app',
        push: false,
        testTarget: 'test',
        buildArgs: { A: 'b' },
        pull: false,
      },
    },
  ],
}
