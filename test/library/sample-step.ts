import { defineStep } from '../../library/definition.ts'
import type { TemplateSource } from '../../library/render.ts'
import { absolutePath, argument, environmentName, imageReference, line } from '../../library/rules.ts'
import { loadTemplates } from '../../library/templates.ts'

/** A step with a parameter of every kind, so that whatever works from a definition can be tried on all that there is. */
export const sampleStep = defineStep({
  name: 'sampleStep',
  summary: 'Show a parameter of every kind',
  description: ['It is for tests: it prints what it is given.'],
  since: '0.0.1',
  shape: 'both',
  parameters: {
    command: { type: 'command', summary: 'What to run' },
    word: { type: 'string', rule: line, required: true, summary: 'Any line' },
    image: { type: 'string', rule: imageReference, organisation: 'images.sample', summary: 'An image' },
    folder: { type: 'string', rule: absolutePath, default: '/var/empty', summary: 'A folder' },
    code: { type: 'text', summary: 'Some lines' },
    fast: { type: 'boolean', default: true, summary: 'Whether it hurries' },
    times: { type: 'integer', minimum: 1, maximum: 9, default: 3, unit: 'rounds', summary: 'How often' },
    mode: { type: 'choice', choices: ['quiet', 'loud'], default: 'quiet', summary: 'How it speaks' },
    items: { type: 'list', rule: argument, default: ['a'], formerly: ['things'], summary: 'Several words' },
    variables: { type: 'map', keyRule: environmentName, rule: line, summary: 'Variables of it' },
    password: { type: 'string', rule: line, secret: true, summary: 'Not to be seen' },
    login: { type: 'credentials', kind: 'usernamePassword', summary: 'Who it is' },
  },
  constraints: [
    { kind: 'atMostOne', of: ['image', 'code'], because: 'one place is enough' },
    {
      kind: 'needs',
      parameter: 'mode',
      equals: 'loud',
      needs: 'fast',
      needsValue: true,
      because: 'noise is short',
    },
  ],
  returns: {
    said: { type: 'string', summary: 'What it said' },
    count: { type: 'integer', unit: 'rounds', summary: 'How often' },
    wasLoud: { type: 'boolean', summary: 'Whether it was loud' },
    lines: { type: 'list', summary: 'What it was given' },
  },
  tools: [{ program: 'printf', package: 'coreutils' }],
  cleanup: ['Nothing is left.'],
  troubles: [{ says: 'it is too loud', cure: 'Say mode: quiet.' }],
  examples: [
    {
      title: 'Say hello',
      declarative: "sampleStep(word: 'hello', command: 'true')",
      scripted: "def said = sampleStep(word: 'hello', command: 'true')\necho said.said",
    },
  ],
  changes: [{ version: '0.0.2', text: 'mode can be loud' }],
})

/** It writes every value into a file of its own, so that a test can compare them byte by byte. */
const shell = `
step_plan() {
  local name variable
  for name in $parameters; do
    variable="STEP_$name"
    printf '%s' "\${!variable}" >"$CALL_FOLDER/value-$name"
  done
  plan "say \${STEP_WORD:0:20} in \${STEP_FOLDER:0:20}, \${STEP_TIMES} times, \${STEP_MODE}, \${STEP_FAST}"
  plan "with \${STEP_IMAGE:0:20}\${STEP_CODE:0:20}\${STEP_PASSWORD:+ and a password}\${STEP_LOGIN_USER:+ as $STEP_LOGIN_USER:$STEP_LOGIN_PASSWORD}"
}

step_begin() {
  : >"$CALL_FOLDER/held"
  body_env SAMPLE_WORD "said"
  body_env PATH+SAMPLE "$CALL_FOLDER"
}

step_finish() {
  local items variables
  read_lines items "$STEP_ITEMS"
  read_lines variables "$STEP_VARIABLES"
  result said "$STEP_WORD"
  result count "$STEP_TIMES"
  if [ "$STEP_MODE" = loud ]; then result wasLoud true; else result wasLoud false; fi
  result lines "$(printf '%s\\n' \${items[@]+"\${items[@]}"} \${variables[@]+"\${variables[@]}"})"
  report "said it"
}

step_end() {
  rm -f "$CALL_FOLDER/held"
}
`

/** The templates that ship, and the resource of the sample. */
export function sampleTemplates(overrides: Readonly<Record<string, string>> = {}): TemplateSource {
  const shipped = loadTemplates()
  const own: Record<string, string> = { 'resources/sampleStep.sh': shell, ...overrides }
  return {
    text: (name) => own[name] ?? shipped.text(name),
    origin: (name) => (name in own ? `sample ${name}` : shipped.origin(name)),
  }
}
