import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

const engine = `
case "$1 \${2-}" in
  'image inspect') case $4 in *Architecture*) echo amd64 ;; *Layers*) echo sha256:aa, ;; *) echo sha256:${'b'.repeat(64)} ;; esac ;;
  'container inspect') case $4 in *Running*) echo false sha256:${'b'.repeat(64)} ;; *len*) echo 1 ;; *Env*) echo 'A=b "c" $d' ;; *) echo 'CMD ["x"]' ;; esac ;;
  'tag '*) : >"$FAKE_STATE/held/name-\${3//[\\/:]/_}" ;;
  'rmi '*) rm -f "$FAKE_STATE/held/name-\${2//[\\/:]/_}" ;;
  'save '* | 'export '*) echo layers ;;
  *)
    ${docker}
    ;;
esac
exit 0
`

/** The other machine has nothing yet, and takes what it is sent. */
const ssh = `
words=$*
mark=\${words##* footman \\'}
mark=\${mark%%\\'*}
case $words in
  *"' 'look' '"*) printf '\\nWelcome!\\n%s amd64 none,gzip,zstd none none\\n' "$mark" ;;
  *"' 'take' '"*)
    digest=$(gzip -dc 2>/dev/null | sha256sum | cut -c 1-64)
    sleep 0.4
    case $words in
      *"' 'image'"*) echo "$mark sha256:${'b'.repeat(64)} sha256:aa," ;;
      *) echo "$mark sha256:${'c'.repeat(64)} sha256:$digest," ;;
    esac
    ;;
  *"' 'keep' '"*) echo "$mark sha256:${'b'.repeat(64)}" ;;
esac
`

const timeout = `
while case $1 in --*) true ;; *) false ;; esac do shift; done
shift
exec "$@"
`

export const shipImage: FakeStep = {
  tools: { docker: engine, ssh, timeout },
  cases: [
    {
      title: 'an image, with a key',
      parameters: {
        image: 'team/app:1',
        host: 'shop.example.com',
        port: 2222,
        login: 'key',
        hostKeys: [`ssh-ed25519 ${'A'.repeat(68)}`],
        compress: 'gzip',
      },
      credentials: { key: { username: 'deploy', keyFile: 'secret' } },
    },
    {
      title: 'a container',
      parameters: {
        container: 'builder',
        as: 'team/flat:1',
        host: 'shop.example.com',
        user: 'me',
        compress: 'gzip',
        changes: ['USER 1000'],
      },
    },
  ],
}
