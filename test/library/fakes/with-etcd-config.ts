// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash
import { etcdctl } from './etcdctl.ts'
import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** What somebody wrote before. */
const before = `
mkdir -p "$FAKE_STATE/etcd"
printf 10.0.0.7 >"$FAKE_STATE/etcd/_app_host"
`

export const withEtcdConfig: FakeStep = {
  tools: { etcdctl: `${before}${etcdctl}`, docker },
  cases: [
    { title: 'a command', parameters: { prefix: '/app', command: 'sleep 0.4; echo "$HOST"' } },
    {
      title: 'a command in a container',
      parameters: { prefix: '/app', command: ['./serve'], image: 'example/app:1', inject: 'file' },
    },
    { title: 'a body', parameters: { prefix: '/app', namePrefix: 'APP_' }, body: 'echo "$APP_HOST"' },
  ],
}
