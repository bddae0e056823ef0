// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash
import type { FakeStep } from './fake-step.ts'

/** Holds the project that it was told to bring up, until it is told to take it down. */
const compose = `
project=none
while [ "$#" -gt 0 ]; do
  case $1 in
    --project-name) project=$2; shift ;;
    --file | --env-file | --profile) shift ;;
    compose) ;;
    *) break ;;
  esac
  shift
done
case "$1 \${2-}" in
  'config --services') printf 'web\\nsut\\n' ;;
  'config '*) printf 'services:\\n  web:\\n    ports:\\n    - target: 80\\n' ;;
  'up '*) : >"$FAKE_STATE/held/project-$project"; sleep 0.2 ;;
  'run '*) sleep 0.4 ;;
  'logs '*) echo 'web_1 | said something' ;;
  'down '*) rm -f "$FAKE_STATE/held/project-$project" ;;
esac
`

/** The plugin where it is asked for; otherwise an engine that knows one container of the project, once it is up. */
const docker = `
case "$1 \${2-}" in
  'compose version') exit 0 ;;
  'compose '*) ${compose.trim().split('\n').join('\n  ')}
    ;;
  'ps '*)
    for held in "$FAKE_STATE"/held/project-*; do
      if [ -e "$held" ]; then echo c0ffee; fi
    done
    ;;
  'container inspect')
    case " $* " in
      *Ports*) echo 'web 80/tcp 49153' ;;
      *) echo 'running 0 healthy web' ;;
    esac
    ;;
esac
`

export const withCompose: FakeStep = {
  tools: { docker },
  cases: [
    {
      title: 'a command',
      parameters: { command: 'sleep 0.4; echo done', env: { TAG: '7' }, build: true },
    },
    {
      title: 'a body',
      parameters: { files: ['compose.yaml'], services: ['web'], profiles: ['ci'], volumes: 'keep' },
      body: 'echo "$COMPOSE_PORT_WEB_80"',
      files: { 'compose.yaml': 'services: {}\n' },
    },
    { title: 'a service as the test', parameters: { test: 'sut' } },
  ],
}
