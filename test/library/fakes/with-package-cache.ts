import type { FakeStep } from './fake-step.ts'
import { docker } from './tools.ts'

/** A squid that lives until it is ended, and notes what it has while it does. */
const squid = `
case " $* " in *' -v '* | *' -z '*) exit 0 ;; esac
: >"$FAKE_STATE/held/squid"
log=$(sed -n 's/^access_log stdio:\\(.*\\) footman$/\\1/p' "$3")
echo 'TCP_HIT 200 http://deb.example.com/x_1_all.deb' >"$log"
folder=\${log%/*/*}
end() {
  rm -f "$FAKE_STATE/held/squid"
  # What is kept is not for the next test.
  case $folder in /tmp/?*) rm -rf "$folder" ;; esac
  exit 0
}
trap end TERM
while :; do sleep 0.05; done
`

/** Asked to look whether a proxy answers, it says that one does; otherwise it runs what it is told to. */
const timeout = `
case " $* " in *' fetch_line '*) printf 'HTTP/1.1 400 Bad Request'; exit 0 ;; esac
shift
exec "$@"
`

const cacheDir = '/tmp/footman-test-package-cache'

export const withPackageCache: FakeStep = {
  tools: { squid, timeout, docker, flock: 'exit 0', 'apt-get': 'sleep 0.4' },
  cases: [
    {
      title: 'a command',
      parameters: { command: 'apt-get install -y x', family: 'apt', cacheDir, port: 3128 },
    },
    {
      title: 'a body that builds an image',
      parameters: { family: 'apt', proxy: 'http://cache.example.com:3128' },
      body: 'docker build $PACKAGE_CACHE_BUILD_ARGS .',
    },
  ],
}
