import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

const sum = '5'.repeat(64)

const engine = `
case "$1 \${2-}" in
  'image inspect')
    # Each try begins with an empty pool.
    case "$4 $5" in *.Id*app:3) rm -f ./pool/footman/*.card ;; esac
    case $4 in *Layers*) echo sha256:aa, ;; *) echo sha256:${'b'.repeat(64)} ;; esac
    ;;
  'info '*) case $3 in *Root*) echo /var/lib/docker ;; *) echo '[]' ;; esac ;;
  'save '*) sleep 0.3; echo "layers of $2" ;;
  *)
    ${docker}
    ;;
esac
exit 0
`

const bup = `
case $3 in
  split) cat >"$2/stream" ;;
  join) cat "$2/stream" ;;
esac
`

/** The other machine has the same base. */
const ssh = `
words=$*
mark=\${words##* footman \\'}
mark=\${mark%%\\'*}
case $words in
  *"' 'prove' '"*) echo "$mark $(printf 'layers of team/app:1\\n' | sha256sum | cut -c 1-64) none" ;;
  *"' 'take' '"*) cat >/dev/null; sleep 0.3; echo "$mark sha256:${sum}" ;;
esac
`

const timeout = `
while case $1 in --*) true ;; *) false ;; esac do shift; done
shift
exec "$@"
`

/** One that does not pack: what it says has the size of what it was told to read. */
const zstd = `
while [ "$#" -gt 0 ]; do
  if [ "$1" = -o ]; then cp "$3" "$2"; fi
  shift
done
`

export const poolImage: FakeStep = {
  tools: { docker: engine, bup, ssh, timeout, zstd, flock: 'exit 0', rsync: 'exit 0' },
  cases: [
    {
      title: 'a patch for another machine',
      parameters: {
        action: 'patch',
        image: 'team/app:2',
        base: 'team/app:1',
        host: 'ship.example.com',
        login: 'key',
        hostKeys: [`ssh-ed25519 ${'A'.repeat(68)}`],
      },
      credentials: { key: { username: 'deploy', keyFile: 'secret' } },
    },
    {
      // An absolute path that lies in the workspace, wherever that is.
      title: 'saving into a pool',
      parameters: { action: 'save', image: 'team/app:3', pool: '/proc/self/cwd/pool' },
      files: { 'pool/footman/pool': '1\n', 'pool/objects/pack': 'packs' },
    },
  ],
}
