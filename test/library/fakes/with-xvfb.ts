import type { FakeStep } from './fake-step.ts'

/** Writes the number of its display, as -displayfd 3 asks, and then serves until it is ended. */
export const xvfb = `
echo $$ >"$FAKE_STATE/held/xvfb-$$"
trap 'rm -f "$FAKE_STATE/held/xvfb-$$"; exit 0' TERM
echo 57 >&3
for folder; do [ -d "$folder" ] && : >"$folder/Xvfb_screen0"; done
sleep infinity &
wait
`

/** Keeps one cookie a file: enough to hand it from one to the other. */
export const xauth = `
file=
while [ "$#" -gt 0 ]; do
  case $1 in
    -f) file=$2; shift ;;
    source | nmerge) cat >"$file"; exit ;;
    list | nlist) cat "$file"; exit ;;
  esac
  shift
done
`

export const withXvfb: FakeStep = {
  tools: { Xvfb: xvfb, xauth, convert: 'cat' },
  cases: [
    { title: 'a command', parameters: { command: 'sleep 0.6; echo done', screenshot: 'failure.png' } },
    { title: 'a body', parameters: { screen: '800x600x24' }, body: 'sleep 0.6; echo "$DISPLAY"' },
  ],
}
