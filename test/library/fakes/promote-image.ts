import { createHash } from 'node:crypto'
import type { FakeStep } from './fake-step.ts'

/** Every image of every registry is this one. */
const manifest = `{"schemaVersion":2,"config":{"size":2,"digest":"sha256:${'c'.repeat(64)}"},"layers":[{"size":9,"digest":"sha256:${'d'.repeat(64)}"}]}`

/** Registries that have all but what was never copied there. Copying takes a while. */
const skopeo = `
while case $1 in --*) true ;; *) false ;; esac do shift 2; done
action=$1
last() { printf '%s' "$FAKE_STATE/copied-\${1//[^a-z0-9]/_}"; }
for word in "$@"; do :; done
case $action in
  inspect)
    case $word in
      *prod*) [ -f "$(last "$word")" ] || { echo 'manifest unknown' >&2; exit 1; } ;;
    esac
    printf '%s' '${manifest}'
    ;;
  list-tags) echo '{"Tags":["1"]}' ;;
  copy)
    sleep 0.4
    : >"$(last "$word")"
    ;;
esac
`

const timeout = `
while case $1 in --*) true ;; *) false ;; esac do shift; done
shift
exec "$@"
`

export const promoteImage: FakeStep = {
  tools: { skopeo, timeout, curl: 'exit 7', docker: 'exit 0' },
  cases: [
    {
      title: 'from one registry to another, with logins and a backup',
      parameters: {
        source: 'dev.example.com/team/app:candidate',
        target: 'prod.example.com/team/app:1.2',
        allowMutable: true,
        allowOverwrite: true,
        backupTag: 'before',
        tags: ['latest'],
        sourceLogin: 'read',
        targetLogin: 'write',
        tool: 'skopeo',
      },
      credentials: {
        read: { username: 'reader', password: 'secret' },
        write: { username: 'writer', password: 'secret' },
      },
    },
    {
      title: 'the image that was tested, and nothing else',
      parameters: {
        source: 'dev.example.com/team/app:candidate',
        target: 'prod.example.com/team/app:1.2',
        expectedDigest: `sha256:${createHash('sha256').update(manifest).digest('hex')}`,
        signatures: 'skip',
        tool: 'skopeo',
      },
    },
  ],
}
