// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they belong to bash and Groovy
/** A container engine that holds what it was told to make. `docker run` without -d takes half a second, unless it is killed. */
export const docker = `
name=
words=("$@")
for index in "\${!words[@]}"; do
  case \${words[index]} in
    --name) name=\${words[index + 1]} ;;
    --name=*) name=\${words[index]#--name=} ;;
  esac
done
case "$1 \${2-}" in
  'run '*)
    : >"$FAKE_STATE/held/container-$name"
    case " $* " in *' -d '* | *' --detach '*) echo "id-of-$name"; exit 0 ;; esac
    sleep 0.5
    rm -f "$FAKE_STATE/held/container-$name"
    ;;
  'create '*) : >"$FAKE_STATE/held/container-$name"; echo "id-of-$name" ;;
  'rm '*) shift; for word in "$@"; do rm -f "$FAKE_STATE/held/container-$word"; done ;;
  'stop '* | 'kill '*) : ;;
  'network create') : >"$FAKE_STATE/held/network-\${words[\${#words[@]} - 1]}" ;;
  'network rm') shift 2; for word in "$@"; do rm -f "$FAKE_STATE/held/network-$word"; done ;;
  'volume create') : >"$FAKE_STATE/held/volume-\${words[\${#words[@]} - 1]}" ;;
  'volume rm') shift 2; for word in "$@"; do rm -f "$FAKE_STATE/held/volume-$word"; done ;;
esac
`

/** A program that runs the words after \`--\`, as wrappers do. */
export const wrapper = `
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do shift; done
shift
exec "$@"
`
