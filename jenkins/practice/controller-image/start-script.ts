/**
 * What the official image does before Jenkins starts, in few words: reference files go to the home when they are absent
 * there, `.override` always, plugins when the image's is newer than the one that an image put there. A first argument without dashes
 * is another program to run. jenkinsci/docker jenkins.sh, jenkins-support.
 */
export const startScript = `#!/bin/bash -e
: "\${JENKINS_HOME:=/var/jenkins_home}"
: "\${REF:=/usr/share/jenkins/ref}"
: "\${COPY_REFERENCE_FILE_LOG:=$JENKINS_HOME/copy_reference_file.log}"

touch "$COPY_REFERENCE_FILE_LOG" || {
  echo "Can not write to $COPY_REFERENCE_FILE_LOG. Wrong volume permissions?"
  exit 1
}

version_of() { sed -n 's/^Plugin-Version: //p' "$1"; }

place() {
  local from=$1 to=$JENKINS_HOME/\${1#"$REF"/}
  to=\${to%.override}
  local what=SKIPPED
  if [[ $from == *.override || ! -e $to ]]; then
    what=INSTALLED
  elif [[ $to == *.jpi && -e $to.version_from_image ]]; then
    local here there marked
    here=$(version_of "$to") there=$(version_of "$from") marked=$(<"$to.version_from_image")
    if [[ $here == "$marked" && $here != "$there" && $(printf '%s\\n' "$here" "$there" | sort -V | tail -1) == "$there" ]]; then
      what=UPGRADED
    fi
  fi
  echo "$what \${to#"$JENKINS_HOME"/}" >>"$COPY_REFERENCE_FILE_LOG"
  [[ $what == SKIPPED ]] && return
  mkdir -p "$(dirname "$to")"
  cp "$from" "$to"
  [[ $to != *.jpi ]] || version_of "$from" >"$to.version_from_image"
}

if [[ -d $REF ]]; then
  echo "--- Copying files at $(date)" >>"$COPY_REFERENCE_FILE_LOG"
  while IFS= read -r file; do place "$file"; done < <(find "$REF" -type f)
fi

if [[ $# -lt 1 || $1 == --* ]]; then
  exec node --max-semi-space-size=1 --max-old-space-size=128 /usr/share/footman/dist/jenkins/practice/controller-image/main.js "$@"
fi
exec "$@"
`
