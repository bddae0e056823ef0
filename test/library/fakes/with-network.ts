// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash
import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** An engine that also answers questions about what it was told to make. */
const answering = `
last=\${!#}
case "$1 \${2-}" in
  'network inspect')
    [ -e "$FAKE_STATE/held/network-$last" ] || [ "$last" = outside ] || exit 1
    case " $* " in *footman.call*) cat "$FAKE_STATE/call" ;; *Subnet*) echo '10.99.0.0/24 ' ;; esac
    exit 0
    ;;
  'container inspect')
    case " $* " in
      *NetworkMode*) echo 'true bridge' ;;
      *) echo 'running 0 none' ;;
    esac
    exit 0
    ;;
  'network create') for word; do case $word in footman.call=*) echo "\${word#*=}" >"$FAKE_STATE/call" ;; esac; done ;;
  'network connect' | 'network disconnect') exit 0 ;;
esac
${docker}`

export const withNetwork: FakeStep = {
  tools: { docker: answering, ip: 'echo "10.1.0.0/16 dev eth0"' },
  cases: [
    {
      title: 'a command',
      parameters: { command: 'sleep 0.4; echo done', subnet: '10.99.0.0/24', gateway: '10.99.0.1' },
    },
    {
      title: 'a body with a bastion',
      parameters: {
        internal: true,
        containers: { db: 'postgres:16', gate: 'bastion:1' },
        also: { gate: 'outside' },
        attach: ['older=cache'],
      },
      body: 'echo "$NETWORK_NAME"',
    },
  ],
}
